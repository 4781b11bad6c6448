/**
 * The few calls into the C library that io_uring needs, through koffi (an optional dependency; this file is its only
 * importer). A call costs about 0.3 us, so the loop makes one a batch, never one a message.
 */
import { createRequire } from 'node:module';

type Pointer = object;

interface Koffi {
  load(name: string): { func(signature: string): (...args: unknown[]) => unknown };
  view(pointer: Pointer, bytes: number): ArrayBuffer;
  address(pointer: Pointer): bigint;
  errno(): number;
}

export interface Libc {
  /** Calls io_uring_enter; returns the number submitted or -errno. `arg` is an address, `size` its length. */
  enter(fd: number, submit: number, wait: number, flags: number, arg: number, size: number): number;
  /** io_uring_setup: fills `params` (120 bytes); returns a descriptor or -errno. */
  setup(entries: number, params: Uint32Array): number;
  /** io_uring_register with a structure in JS memory; returns 0 or more, or -errno. */
  register(fd: number, opcode: number, argument: ArrayBufferView | null, count: number): number;
  /** Maps memory; returns the bytes and their address, or throws with the errno in the text. */
  map(bytes: number, flags: number, fd: number, offset: number): { buffer: ArrayBuffer; address: bigint };
  unmap(address: bigint, bytes: number): void;
  /** Each returns 0 or more, or -errno. */
  socket(domain: number, type: number): number;
  setOption(fd: number, level: number, name: number, value: number): number;
  bind(fd: number, address: Uint8Array): number;
  listen(fd: number, backlog: number): number;
  /** The port a socket is bound to, or -errno. */
  localPort(fd: number): number;
  /** The sockaddr that a socket is bound to; undefined when there is none. */
  localAddress(fd: number): Uint8Array | undefined;
  close(fd: number): number;
  eventfd(): number;
}

// x86-64 and arm64 share these numbers (asm-generic/unistd.h).
const SYS_SETUP = 425;
const SYS_ENTER = 426;
const SYS_REGISTER = 427;
const PROT_READ_WRITE = 3;
const EFD_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;

let loaded: Libc | undefined;

/** The C library, loaded once. Throws when koffi or the library cannot be loaded here. */
export function libc(): Libc {
  loaded ??= load();
  return loaded;
}

function load(): Libc {
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  const library = openLibrary(koffi);
  const enter = library.func('long syscall(long n, long fd, long submit, long wait, long flags, long arg, long size)') as (
    ...args: number[]
  ) => number;
  const setup = library.func('long syscall(long n, long entries, void *params)') as (n: number, e: number, p: unknown) => number;
  const register = library.func('long syscall(long n, long fd, long op, void *arg, long nr)') as (...args: unknown[]) => number;
  const mmap = library.func('void *mmap(void *addr, size_t len, int prot, int flags, int fd, long off)') as (...args: unknown[]) => Pointer;
  const munmap = library.func('int munmap(uintptr_t addr, size_t len)') as (address: bigint, bytes: number) => number;
  const socket = library.func('int socket(int domain, int type, int protocol)') as (...args: number[]) => number;
  const setsockopt = library.func('int setsockopt(int fd, int level, int name, void *value, int len)') as (...args: unknown[]) => number;
  const bind = library.func('int bind(int fd, void *addr, int len)') as (...args: unknown[]) => number;
  const listen = library.func('int listen(int fd, int backlog)') as (...args: number[]) => number;
  const getsockname = library.func('int getsockname(int fd, _Inout_ uint8_t *addr, _Inout_ int *len)') as (...args: unknown[]) => number;
  const close = library.func('int close(int fd)') as (fd: number) => number;
  const eventfd = library.func('int eventfd(unsigned int value, int flags)') as (...args: number[]) => number;
  const orErrno = (result: number): number => (result < 0 ? -koffi.errno() : Number(result));
  return {
    enter: (fd, submit, wait, flags, arg, size) => {
      const result = enter(SYS_ENTER, fd, submit, wait, flags, arg, size);
      return result < 0 ? -koffi.errno() : result;
    },
    setup: (entries, params) => orErrno(setup(SYS_SETUP, entries, params)),
    register: (fd, opcode, argument, count) => orErrno(register(SYS_REGISTER, fd, opcode, argument, count)),
    map: (bytes, flags, fd, offset) => {
      const pointer = mmap(null, bytes, PROT_READ_WRITE, flags, fd, offset);
      const address = pointer === null ? -1n : koffi.address(pointer);
      if (address === -1n || address === 0xffffffffffffffffn) throw new Error(`mmap of ${bytes} bytes: errno ${koffi.errno()}`);
      return { buffer: koffi.view(pointer, bytes), address };
    },
    unmap: (address, bytes) => void munmap(address, bytes),
    socket: (domain, type) => orErrno(socket(domain, type, 0)),
    setOption: (fd, level, name, value) => orErrno(setsockopt(fd, level, name, new Int32Array([value]), 4)),
    bind: (fd, address) => orErrno(bind(fd, address, address.length)),
    listen: (fd, backlog) => orErrno(listen(fd, backlog)),
    localPort: (fd) => {
      const address = new Uint8Array(28);
      const result = getsockname(fd, address, [address.length]);
      return result < 0 ? -koffi.errno() : (address[2]! << 8) | address[3]!;
    },
    localAddress: (fd) => {
      const address = new Uint8Array(28);
      return getsockname(fd, address, [address.length]) < 0 ? undefined : address;
    },
    close: (fd) => orErrno(close(fd)),
    eventfd: () => orErrno(eventfd(0, EFD_NONBLOCK_CLOEXEC)),
  };
}

function openLibrary(koffi: Koffi): ReturnType<Koffi['load']> {
  const names = ['libc.so.6', `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`];
  for (const [index, name] of names.entries()) {
    try {
      return koffi.load(name);
    } catch (error) {
      if (index === names.length - 1) throw error;
    }
  }
  throw new Error('no C library found');
}
