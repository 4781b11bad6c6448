import { nodeAt, plainValue, positionAt, readYaml } from './yaml-tree.js';

/** Where a threshold stands in the file. */
export interface ThresholdPlace {
  readonly metric: string;
  readonly expression: string;
  /** From 1. */
  readonly line: number;
}

/** The line of every threshold of a scenario file; empty for a text that is none. */
export function thresholdPlaces(text: string): ThresholdPlace[] {
  const tree = readYaml(text, '', []);
  const thresholds = tree && nodeAt(tree, ['thresholds']);
  if (!tree || thresholds?.kind !== 'map') return [];
  return [...thresholds.entries].flatMap(([metric, { value }]) => {
    const rules = value.kind === 'list' ? value.items : [value];
    return rules.flatMap((rule, index): ThresholdPlace[] => {
      const plain = plainValue(rule);
      const expression = typeof plain === 'object' && plain !== null ? (plain as { threshold?: unknown }).threshold : plain;
      if (typeof expression !== 'string') return [];
      const path = value.kind === 'list' ? ['thresholds', metric, index] : ['thresholds', metric];
      return [{ metric, expression, line: positionAt(tree, path).line }];
    });
  });
}
