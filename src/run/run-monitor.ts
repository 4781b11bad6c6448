import { type Clock, systemClock } from '../core/clock.js';
import { type Hold, HoldWindow } from '../measure/hold.js';
import type { Measurements } from '../measure/metric-view.js';
import { measurementsOf, type RunRecorders } from '../measure/selections.js';
import { Snapshots } from '../measure/snapshot.js';
import { Timeline } from '../measure/timeline.js';
import { judgeThresholds } from '../report/thresholds.js';
import type { Interruption } from '../report/verdict.js';
import type { Plan } from '../scenario/plan.js';
import { STOP_GRACEFULLY, STOP_NOW } from '../swarm/messages.js';
import { readProcess } from '../target/process-sample.js';
import type { TargetWatch } from '../target/target-watch.js';
import { ErrorLimit, FAILING_FOR_SECONDS } from './error-limit.js';
import type { GeneratorWatch } from './generator-watch.js';
import { gracefulStopUs, holdPlan, longestRunUs } from './plan-facts.js';
import { plannedClientsAt } from './planned-clients.js';
import type { RunHooks } from './run-options.js';
import type { StopRequest } from './stop-request.js';
import { TargetGone } from './target-gone.js';
import type { Workers } from './workers.js';

const TICK_US = 1e6;
/** A timer may wake us this much before its tick; that must not make a tick of its own. */
const EARLY_US = 20e3;
/** Beyond gracefulStop: for close frames, and for a machine that is busy. */
const SLACK_US = 30e6;
/** What a worker may take to leave once it is told to leave now. */
const LEAVE_US = 15e6;

export interface MonitorOptions {
  readonly plan: Plan;
  readonly workers: Workers;
  readonly recorders: RunRecorders;
  readonly target: TargetWatch;
  /** Looks at the generator itself. */
  readonly generator?: GeneratorWatch;
  /** Profiles the hold. */
  readonly profile?: { holdBegins(leftMs: number): void; holdEnds(): void };
  readonly stop: StopRequest;
  readonly hooks: RunHooks;
  readonly startUs: number;
  /** Ends the run when more than half of what it tries fails for a while. */
  readonly withErrorLimit: boolean;
  readonly clock?: Clock;
}

/** What the monitor knows when the run is over. */
export interface MonitorResult {
  readonly timeline: Timeline;
  readonly durationMs: number;
  readonly hold?: Hold;
  /** The measurements of a part of the run, now that it is over. */
  readonly select: NonNullable<Measurements['select']>;
  readonly interruption?: Interruption;
  /** Nobody reached the target any more, so the run was ended: in words. */
  readonly targetGone?: string;
}

/** Stays with a run from the common start until every worker has ended: looks once a second, stops it when that is due. */
export class RunMonitor {
  readonly #options: MonitorOptions;
  readonly #clock: Clock;
  readonly #timeline = new Timeline();
  readonly #plannedAt: ReturnType<typeof plannedClientsAt>;
  readonly #snapshots: Snapshots;
  readonly #hold: HoldWindow;
  readonly #gone: TargetGone;
  readonly #errorLimit: ErrorLimit | undefined;
  #interruption: Interruption | undefined;
  #targetGone: string | undefined;
  #isHeld = false;
  #leaveAtUs: number;
  #isLeaving = false;

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#plannedAt = plannedClientsAt(options.plan);
    this.#gone = new TargetGone(!options.withErrorLimit || options.plan.scenarios.some(({ program }) => program.reconnect !== undefined));
    this.#snapshots = new Snapshots(options.recorders.all, options.startUs, (growth) => options.hooks.growth?.(growth));
    this.#hold = new HoldWindow(options.recorders.all, holdPlan(options.plan));
    if (options.withErrorLimit) this.#errorLimit = new ErrorLimit();
    this.#leaveAtUs = options.startUs + longestRunUs(options.plan) + SLACK_US;
  }

  async untilOver(): Promise<MonitorResult> {
    const { workers, stop } = this.#options;
    stop.onChange((level) => this.#onSignal(level));
    if (stop.level !== 'none') this.#onSignal(stop.level);
    while (!workers.allEnded) {
      const tickMs = this.#msToNextTick();
      const boundaryMs = this.#msToNextBoundary();
      await workers.ended(Math.min(tickMs, boundaryMs));
      if (boundaryMs < tickMs && !workers.allEnded) {
        this.#hold.look(this.#elapsedMs() * 1000);
        continue;
      }
      this.#look();
      if (workers.allEnded) break;
      if (!(await this.#keepsTime())) {
        this.#look();
        break;
      }
    }
    const durationMs = this.#elapsedMs();
    const hold = this.#hold.close(durationMs * 1000);
    return {
      timeline: this.#timeline,
      durationMs,
      select: (labels) => this.#measurements(durationMs, 0).select!(labels),
      ...(hold && { hold }),
      ...(this.#targetGone !== undefined && { targetGone: this.#targetGone }),
      ...(this.#interruption && { interruption: this.#interruption }),
    };
  }

  /** Ticks stand on whole seconds from the start; one that a busy machine missed is left out. */
  #msToNextTick(): number {
    const elapsedUs = Math.max(0, this.#clock.nowUs() - this.#options.startUs + EARLY_US);
    const nextUs = this.#options.startUs + (Math.floor(elapsedUs / TICK_US) + 1) * TICK_US;
    return Math.ceil((nextUs - this.#clock.nowUs()) / 1000);
  }

  /** The ramp ends and the drain begins when the plan says so, not at the next whole second. */
  #msToNextBoundary(): number {
    const elapsedUs = this.#elapsedMs() * 1000;
    return Math.max(1, Math.ceil((this.#hold.nextUs(elapsedUs) - elapsedUs) / 1000));
  }

  #measurements(elapsedMs: number, errors: number): Measurements {
    const { recorders, workers } = this.#options;
    return { ...measurementsOf(recorders, this.#hold, elapsedMs, errors), own: workers.own };
  }

  #elapsedMs(): number {
    return Math.max(0, this.#clock.nowUs() - this.#options.startUs) / 1000;
  }

  #look(): void {
    const { hooks, target, workers, recorders } = this.#options;
    const nowUs = this.#clock.nowUs();
    // First of all: a snapshot takes milliseconds, and what is recorded meanwhile would count in the wrong phase.
    this.#hold.look(nowUs - this.#options.startUs);
    const snapshot = this.#snapshots.take(nowUs);
    const own = readProcess('self');
    const { isOpen } = this.#hold;
    if (isOpen && !this.#isHeld) {
      target.holdBegins(snapshot.elapsedMs);
      this.#options.profile?.holdBegins(holdPlan(this.#options.plan).endUs / 1000 - snapshot.elapsedMs);
    }
    const planned = this.#plannedAt?.(snapshot.elapsedMs * 1000);
    const beside = {
      ...(planned !== undefined && { clients_planned: planned }),
      ...(own && { generator_rss_bytes: own.rssBytes }),
      ...this.#options.generator?.sample(snapshot.elapsedMs, isOpen),
      ...target.sample(snapshot.elapsedMs),
    };
    if (!isOpen && this.#isHeld) {
      target.holdEnds(snapshot.elapsedMs);
      this.#options.profile?.holdEnds();
    }
    this.#isHeld = isOpen;
    this.#timeline.add(snapshot, beside);
    hooks.progress(snapshot, workers.errors(), recorders.all);
    if (this.#interruption || this.#targetGone !== undefined) return;
    const errors = workers.errors().reduce((sum, { count }) => sum + count, 0);
    this.#abortOnFail(snapshot.elapsedMs, errors);
    if (this.#gone.isGone(snapshot, errors)) {
      this.#targetGone = `no client ${this.#gone.hasBeenReached ? 'reached' : 'ever reached'} the target for ${this.#gone.patienceSeconds} s`;
      hooks.note(`${this.#targetGone}: the run ends here`);
      this.#stopGracefully();
    } else if (this.#errorLimit?.isReached(snapshot, errors) && !this.#interruption) {
      const reason = `more than half of what was tried failed for ${FAILING_FOR_SECONDS} s`;
      this.#interruption = { by: 'errors', reason };
      hooks.note(`${reason}: the run ends here (--no-error-limit goes on)`);
      this.#stopGracefully();
    }
  }

  #abortOnFail(elapsedMs: number, errors: number): void {
    const { plan, hooks } = this.#options;
    const due = plan.thresholds.filter((spec) => spec.abortOnFail && elapsedMs * 1000 >= spec.delayAbortEvalUs);
    if (due.length === 0) return;
    const failed = judgeThresholds(due, this.#measurements(elapsedMs, errors)).find(({ verdict }) => verdict === 'fail');
    if (!failed) return;
    const reason = `threshold ${failed.metric} ${failed.expression} failed after ${Math.round(elapsedMs / 1000)} s`;
    this.#interruption = { by: 'threshold', reason };
    hooks.note(`${reason}: the run ends here`);
    this.#stopGracefully();
  }

  #onSignal(level: StopRequest['level']): void {
    const { stop, hooks } = this.#options;
    if (level === 'now') {
      this.#leaveNow();
      return;
    }
    const what = stop.signal === 'SIGTERM' ? 'SIGTERM' : 'ctrl-C';
    this.#interruption ??= { by: 'signal', reason: `${what} after ${Math.round(this.#elapsedMs() / 1000)} s` };
    hooks.note(`${what}: clients finish what they do; once more to leave now`);
    this.#stopGracefully();
  }

  #stopGracefully(): void {
    const { workers, plan } = this.#options;
    this.#hold.close(this.#elapsedMs() * 1000);
    workers.requestStop(STOP_GRACEFULLY);
    this.#leaveAtUs = Math.min(this.#leaveAtUs, this.#clock.nowUs() + gracefulStopUs(plan) + SLACK_US);
  }

  #leaveNow(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#options.workers.requestStop(STOP_NOW);
    this.#leaveAtUs = this.#clock.nowUs() + LEAVE_US;
  }

  /** Enforces the deadlines; false when the workers were ended by force. */
  async #keepsTime(): Promise<boolean> {
    if (this.#clock.nowUs() < this.#leaveAtUs) return true;
    if (!this.#isLeaving) {
      this.#leaveNow();
      return true;
    }
    await this.#options.workers.terminate();
    return false;
  }
}
