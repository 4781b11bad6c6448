/** import() for the chunks: in a script, which chunks.js makes of each, node would warn that it is experimental. */
module.exports = (specifier) => import(specifier);
