/** True when GWRK_CRYPTO=node asks for node:crypto in place of our own HMAC; read once. */
export const USE_NODE_CRYPTO = process.env.GWRK_CRYPTO === 'node';
