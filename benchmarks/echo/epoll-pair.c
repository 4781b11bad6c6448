/* A bare echo pair over epoll, without WebSocket: what plain C with one system call an operation reaches on this machine.
 * epoll-pair server PORT            echoes until killed
 * epoll-pair client PORT N SECONDS  N connections, one message of 38 bytes in flight on each; prints round trips a second */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE 38
#define EVENTS 1024

static void die(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static int tcp_socket(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  if (fd < 0) die("socket");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static struct sockaddr_in address_of(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  return address;
}

static void watch(int poller, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  fcntl(fd, F_SETFL, O_NONBLOCK);
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

static void serve(int port) {
  int one = 1, listener = tcp_socket(), poller = epoll_create1(0);
  struct sockaddr_in address = address_of(port);
  struct epoll_event events[EVENTS];
  char bytes[4096];
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) die("listen");
  watch(poller, listener);
  for (;;) {
    int count = epoll_wait(poller, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (accepted >= 0) watch(poller, accepted);
        continue;
      }
      ssize_t length = read(fd, bytes, sizeof bytes);
      if (length > 0) {
        if (write(fd, bytes, length) != length) die("write");
      } else if (length == 0 || errno != EAGAIN) {
        close(fd);
      }
    }
  }
}

static void load(int port, int connections, double seconds) {
  int poller = epoll_create1(0);
  struct sockaddr_in address = address_of(port);
  struct epoll_event events[EVENTS];
  char bytes[4096] = {0};
  long round_trips = 0;
  for (int i = 0; i < connections; i++) {
    int fd = tcp_socket();
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) die("connect");
    watch(poller, fd);
    if (write(fd, bytes, MESSAGE) != MESSAGE) die("write");
  }
  double start = now(), end = start + seconds;
  while (now() < end) {
    int count = epoll_wait(poller, events, EVENTS, 100);
    for (int i = 0; i < count; i++) {
      ssize_t length = read(events[i].data.fd, bytes, sizeof bytes);
      if (length <= 0) die("read");
      round_trips++;
      if (write(events[i].data.fd, bytes, MESSAGE) != MESSAGE) die("write");
    }
  }
  printf("%.0f\n", round_trips / (now() - start));
}

int main(int count, char **arguments) {
  if (count == 3 && !strcmp(arguments[1], "server")) serve(atoi(arguments[2]));
  if (count == 5 && !strcmp(arguments[1], "client")) load(atoi(arguments[2]), atoi(arguments[3]), atof(arguments[4]));
  return count < 3;
}
