import type { Bench } from './bench.js';

/** A table in the list; its code is loaded when it is run. */
export interface BenchEntry {
  readonly name: string;
  readonly title: string;
  load(): Promise<Bench>;
}

/** Every table, in the order of `gwrk bench`. */
export const TABLES: readonly BenchEntry[] = [
  {
    name: 'auth',
    title: 'login by one JWT and a database, or by dual auth: time, and attacks on both',
    load: async () => (await import('./auth.js')).auth,
  },
  {
    name: 'connections',
    title: '10,000 connections: an object graph and a timer each, or pooled',
    load: async () => (await import('./connections.js')).connections,
  },
  {
    name: 'io',
    title: 'an echo over node:net, the ws gateway and the uring gateway: system calls and copies',
    load: async () => (await import('./io.js')).io,
  },
  {
    name: 'sync',
    title: 'two threads: mutex, reader/writer lock and lock-free ring',
    load: async () => (await import('./sync.js')).sync,
  },
  {
    name: 'million',
    title: 'many players: the ws gateway as it comes, and the uring gateway, with flame graphs',
    load: async () => (await import('./million.js')).million,
  },
  {
    name: 'affinity',
    title: 'server and swarm unpinned, bound to cores, bound to memory nodes',
    load: async () => (await import('./affinity.js')).affinity,
  },
  {
    name: 'allocation',
    title: 'buffers of connections: grown on demand, preallocated, pooled',
    load: async () => (await import('./allocation.js')).allocation,
  },
  {
    name: 'protocol',
    title: 'one message as JSON, protobuf and a binary view',
    load: async () => (await import('./protocol.js')).protocol,
  },
  {
    name: 'rules',
    title: 'new rules by file, push, poll and configuration server: how fast, how consistent',
    load: async () => (await import('./rules.js')).rules,
  },
  {
    name: 'operations',
    title: 'before and after: latency, log search, roll-out, recovery',
    load: async () => (await import('./operations.js')).operations,
  },
];
