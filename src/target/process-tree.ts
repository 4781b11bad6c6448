import { readdirSync, readFileSync } from 'node:fs';

/** More are not looked at: a server that forks without end must not cost us the run. */
const MOST_PROCESSES = 256;

/** These processes and all their descendants, each once; fewer when some end meanwhile. */
export function processTree(roots: readonly number[]): number[] {
  const found = new Set<number>();
  const queue = [...roots];
  for (let pid = queue.shift(); pid !== undefined && found.size < MOST_PROCESSES; pid = queue.shift()) {
    if (found.has(pid)) continue;
    found.add(pid);
    queue.push(...childrenOf(pid));
  }
  return [...found];
}

/** A child belongs to the thread that forked it, so each thread of its parent is asked. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => pidsIn(`/proc/${pid}/task/${thread}/children`));
  } catch {
    return [];
  }
}

function pidsIn(path: string): number[] {
  try {
    return readFileSync(path, 'latin1').split(' ').map(Number).filter(Boolean);
  } catch {
    return []; // ended meanwhile
  }
}
