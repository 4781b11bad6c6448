/** `gwrk ... | head` closes the pipe before we are done: what nobody reads need not be written. */
export function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
