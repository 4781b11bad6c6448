/**
 * Names and numbers of the errors that sockets end with. The numbers are Linux's on every system, because results are
 * compared between machines (include/uapi/asm-generic/errno.h).
 */
const NUMBERS: Readonly<Record<string, number>> = {
  EPERM: 1,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  EPIPE: 32,
  ETIME: 62,
  EPROTO: 71,
  ENOTSOCK: 88,
  EMSGSIZE: 90,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
  ECANCELED: 125,
};

const NAMES = new Map(Object.entries(NUMBERS).map(([name, errno]) => [errno, name]));

/** What a failure of TLS is called: it has a text (Transport.lastErrorText) but no number of its own. */
export const EPROTO = 71;

/** "ECONNREFUSED" for 111; "errno 7" for a number that is not in the table; "OK" for 0. */
export function errnoName(errno: number): string {
  return errno === 0 ? 'OK' : (NAMES.get(errno) ?? `errno ${errno}`);
}

const TEXTS = new Map([
  [NUMBERS.ECONNREFUSED, 'the connection was refused: nothing listens there'],
  [NUMBERS.ENETUNREACH, 'there is no way to that network'],
  [NUMBERS.EHOSTUNREACH, 'there is no way to that host'],
]);

/** What a person reads of an errno; undefined where its name says no less. */
export function errnoText(errno: number): string | undefined {
  return TEXTS.get(errno);
}

/** The text of an error that a socket of Node emitted. */
export function socketErrorText({ message }: Error): string {
  return message.includes(':wrong version number:') ? 'the answer is not TLS: does this port speak ws:// or tcp://?' : message;
}

/** The positive Linux errno of an error that a socket of Node emitted; EPROTO for one without an errno (TLS, certificates). */
export function errnoOf(error: NodeJS.ErrnoException): number {
  const known = error.code === undefined ? undefined : NUMBERS[error.code];
  if (known !== undefined) return known;
  return process.platform === 'linux' && error.errno !== undefined && error.errno < 0 ? -error.errno : EPROTO;
}
