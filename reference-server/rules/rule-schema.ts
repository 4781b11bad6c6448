import * as z from 'zod';
import { type BreakerRule, ERROR_COUNT, ERROR_RATIO, type FlowRule, SLOW_RATIO, type Strategy } from './rule.js';

/**
 * The four spellings of a rule: sentinel-golang's JSON tags (core/circuitbreaker/rule.go, core/flow/rule.go) and the JSON of
 * Sentinel's Java classes and dashboard (DegradeRule, FlowRule and their entities). What an omitted field means is what it
 * means there, but that a rule must say its threshold: Go's 0 would refuse everything.
 */

const MAX_INTERVAL_MS = 86_400_000;
const MAX_BUCKETS = 10_000;
const MAX_PROBES = 65_536;
const MAX_COUNT = 2 ** 31 - 1;
/** Of flow rules and of Java's breaker rules without one. */
const DEFAULT_INTERVAL_MS = 1_000;
/** RuleConstant.DEGRADE_DEFAULT_MIN_REQUEST_AMOUNT. */
const JAVA_MIN_REQUESTS = 5;

const whole = (min: number, max: number): z.ZodNumber => z.number().multipleOf(1, 'a whole number').min(min).max(max);
const unread = z.unknown().optional();
/** A field that Sentinel reads and this server supports one value of. */
const only = <T extends number | string | boolean>(value: T, otherwise: string) =>
  z.literal(value, { error: `${JSON.stringify(value)} is all that is supported here: ${otherwise}` }).optional();

const id = z
  .union([z.string().max(256), z.number()])
  .transform(String)
  .default('');
const resource = z.string().min(1, 'the name of a resource').max(256);
const ratio = z.number().min(0).max(1);
const limitApp = z
  .union([z.literal('default'), z.literal('')], { error: '"default" is all that is supported here: callers are not told apart' })
  .optional();
const regex = only(false, 'a resource is matched by its whole name');
/** What the dashboard notes about where a rule came from. */
const dashboard = { app: unread, ip: unread, port: unread, gmtCreate: unread, gmtModified: unread };

/** Looked at even when other fields are wrong, so that every problem is told at once. */
const ratioAt = (key: 'threshold' | 'count', strategyKey: 'strategy' | 'grade', ratios: readonly number[]) =>
  z.refine<Record<string, unknown>>((rule) => !ratios.includes((rule[strategyKey] ?? 0) as number) || !((rule[key] as number) > 1), {
    path: [key],
    message: 'a ratio, 0 to 1',
    when: () => true,
  });

/** A count of errors is a whole number, rounded down as Go does. */
const trippedAt = (strategy: number, threshold: number): number => (strategy === ERROR_COUNT ? Math.floor(threshold) : threshold);

/** A count that does not divide the interval is as 1. */
const bucketCount = (intervalMs: number, count: number): number => (count > 0 && intervalMs % count === 0 ? count : 1);

export const goBreakerRule = z
  .strictObject({
    id,
    resource,
    strategy: whole(0, 2).default(0),
    retryTimeoutMs: whole(1, MAX_COUNT),
    minRequestAmount: whole(0, MAX_COUNT).default(0),
    statIntervalMs: whole(1, MAX_INTERVAL_MS),
    statSlidingWindowBucketCount: whole(0, MAX_BUCKETS).default(0),
    maxAllowedRtMs: whole(0, MAX_INTERVAL_MS).default(0),
    threshold: z.number().min(0).max(MAX_COUNT),
    probeNum: whole(0, MAX_PROBES).default(0),
  })
  .check(ratioAt('threshold', 'strategy', [SLOW_RATIO, ERROR_RATIO]))
  .transform(
    (rule): BreakerRule => ({
      ...rule,
      strategy: rule.strategy as Strategy,
      statSlidingWindowBucketCount: bucketCount(rule.statIntervalMs, rule.statSlidingWindowBucketCount),
      threshold: trippedAt(rule.strategy, rule.threshold),
    }),
  );

export const javaBreakerRule = z
  .strictObject({
    id,
    resource,
    grade: whole(0, 2).default(0),
    count: z.number().min(0).max(MAX_COUNT),
    timeWindow: whole(1, Math.floor(MAX_COUNT / 1_000)),
    minRequestAmount: whole(1, MAX_COUNT).default(JAVA_MIN_REQUESTS),
    slowRatioThreshold: ratio.default(1),
    statIntervalMs: whole(1, MAX_INTERVAL_MS).default(DEFAULT_INTERVAL_MS),
    limitApp,
    regex,
    ...dashboard,
  })
  .check(ratioAt('count', 'grade', [ERROR_RATIO]))
  .transform((rule): BreakerRule => {
    const isSlow = rule.grade === SLOW_RATIO;
    return {
      id: rule.id,
      resource: rule.resource,
      strategy: rule.grade as Strategy,
      retryTimeoutMs: rule.timeWindow * 1_000,
      minRequestAmount: rule.minRequestAmount,
      statIntervalMs: rule.statIntervalMs,
      statSlidingWindowBucketCount: 1,
      maxAllowedRtMs: isSlow ? Math.min(MAX_INTERVAL_MS, Math.round(rule.count)) : 0,
      threshold: isSlow ? rule.slowRatioThreshold : trippedAt(rule.grade, rule.count),
      probeNum: 0,
    };
  });

const rejected = only(0, 'calls over the limit are rejected, they do not queue or warm up');
const direct = only(0, 'a resource is limited by its own calls');
const shaping = { refResource: unread, warmUpPeriodSec: unread, maxQueueingTimeMs: unread };

export const goFlowRule = z
  .strictObject({
    id,
    resource,
    threshold: z.number().min(0).max(MAX_COUNT),
    tokenCalculateStrategy: only(0, 'the threshold is used as it stands, without warm-up or memory'),
    controlBehavior: rejected,
    relationStrategy: direct,
    statIntervalInMs: whole(0, 600_000).default(0),
    regex,
    warmUpColdFactor: unread,
    lowMemUsageThreshold: unread,
    highMemUsageThreshold: unread,
    memLowWaterMarkBytes: unread,
    memHighWaterMarkBytes: unread,
    ...shaping,
  })
  .transform(
    (rule): FlowRule => ({
      id: rule.id,
      resource: rule.resource,
      threshold: rule.threshold,
      statIntervalMs: rule.statIntervalInMs === 0 ? DEFAULT_INTERVAL_MS : rule.statIntervalInMs,
    }),
  );

export const javaFlowRule = z
  .strictObject({
    id,
    resource,
    count: z.number().min(0).max(MAX_COUNT),
    grade: only(1, 'calls a second are limited, not threads'),
    strategy: direct,
    controlBehavior: rejected,
    limitApp,
    clusterMode: only(false, 'every thread counts for itself'),
    clusterConfig: unread,
    regex,
    ...shaping,
    ...dashboard,
  })
  .transform(({ id, resource, count }): FlowRule => ({ id, resource, threshold: count, statIntervalMs: DEFAULT_INTERVAL_MS }));
