import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Words in front of a command that bind it to cores or memory, or why that cannot be done here. */
export type Binding = { readonly words: readonly string[] } | { readonly reason: string };

const isInstalled = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

/** Binds to one core (0 and up). */
export function onCore(core: number): Binding {
  if (process.platform !== 'linux') return { reason: 'cores are bound on Linux only' };
  if (core >= availableParallelism()) return { reason: `this machine has ${availableParallelism()} core` };
  if (!isInstalled('taskset')) return { reason: 'taskset is not installed (package util-linux)' };
  return { words: ['taskset', '-c', String(core)] };
}

/** Binds to the cores and the memory of one NUMA node (0 and up). Where there is only one node there is nothing to choose. */
export function onMemoryNode(node: number): Binding {
  if (process.platform !== 'linux') return { reason: 'memory nodes are bound on Linux only' };
  if (memoryNodes() < 2) return { reason: 'this machine has one memory node, so all memory is equally near to every core' };
  if (!isInstalled('numactl')) return { reason: 'numactl is not installed' };
  return { words: ['numactl', `--cpunodebind=${node}`, `--membind=${node}`] };
}

/** The words of `binding`, none where it is impossible: for servers that are better alone on a core, and work without. */
export function wordsOf(binding: Binding): readonly string[] {
  return 'words' in binding ? binding.words : [];
}

function memoryNodes(): number {
  try {
    return readdirSync('/sys/devices/system/node').filter((name) => /^node\d+$/u.test(name)).length;
  } catch {
    return 1;
  }
}
