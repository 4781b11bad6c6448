/** Numbers of linux/io_uring.h, by the kernel's own names (man io_uring_setup(2), io_uring_enter(2), io_uring_register(2)). */
export const IORING_SETUP_CQSIZE = 1 << 3;
export const IORING_SETUP_CLAMP = 1 << 4;
export const IORING_SETUP_SUBMIT_ALL = 1 << 7;
export const IORING_SETUP_TASKRUN_FLAG = 1 << 9;
export const IORING_SETUP_SINGLE_ISSUER = 1 << 12;
export const IORING_SETUP_DEFER_TASKRUN = 1 << 13;
export const IORING_SETUP_NO_SQARRAY = 1 << 16;

export const IORING_OFF_SQ_RING = 0;
export const IORING_OFF_SQES = 0x10000000;

export const IORING_ENTER_GETEVENTS = 1 << 0;
export const IORING_ENTER_EXT_ARG = 1 << 3;
export const IORING_SQ_CQ_OVERFLOW = 1 << 1;
export const IORING_SQ_TASKRUN = 1 << 2;

export const IORING_REGISTER_EVENTFD = 4;
export const IORING_REGISTER_PROBE = 8;
export const IORING_REGISTER_FILES2 = 13;
export const IORING_REGISTER_PBUF_RING = 22;
export const IORING_RSRC_REGISTER_SPARSE = 1;

export const IORING_OP_NOP = 0;
export const IORING_OP_ACCEPT = 13;
export const IORING_OP_ASYNC_CANCEL = 14;
export const IORING_OP_CONNECT = 16;
export const IORING_OP_CLOSE = 19;
export const IORING_OP_READ = 22;
export const IORING_OP_SEND = 26;
export const IORING_OP_RECV = 27;
export const IORING_OP_SOCKET = 45;
export const IORING_OP_URING_CMD = 46;
/** Makes a plain descriptor of a direct one (Linux 6.8). */
export const IORING_OP_FIXED_FD_INSTALL = 54;
export const IORING_OP_BIND = 56;

export const IOSQE_FIXED_FILE = 1 << 0;
export const IOSQE_IO_LINK = 1 << 2;
export const IOSQE_BUFFER_SELECT = 1 << 5;
export const IOSQE_CQE_SKIP_SUCCESS = 1 << 6;

export const IORING_CQE_F_BUFFER = 1 << 0;
export const IORING_CQE_F_MORE = 1 << 1;

export const IORING_RECVSEND_POLL_FIRST = 1 << 0;
export const IORING_RECV_MULTISHOT = 1 << 1;
export const IORING_FILE_INDEX_ALLOC = -1;
export const SOCKET_URING_OP_SETSOCKOPT = 3;

// sys/socket.h, netinet/in.h, netinet/tcp.h
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_LINGER = 13;
export const SO_REUSEPORT = 15;
export const IPPROTO_IP = 0;
export const IPPROTO_TCP = 6;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const TCP_NODELAY = 1;
export const TCP_QUICKACK = 12;
export const IP_BIND_ADDRESS_NO_PORT = 24;
export const MSG_DONTWAIT = 0x40;
export const MSG_WAITALL = 0x100;
export const MSG_NOSIGNAL = 0x4000;

// asm-generic/errno.h
export const EINTR = 4;
export const EAGAIN = 11;
export const EBUSY = 16;
export const ENFILE = 23;
export const EMFILE = 24;
export const EPIPE = 32;
export const ETIME = 62;
export const ECONNRESET = 104;
export const ENOBUFS = 105;
export const ECANCELED = 125;
