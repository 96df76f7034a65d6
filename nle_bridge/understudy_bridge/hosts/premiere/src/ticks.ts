// Premiere's time is whole ticks; every usual rate divides a second of them, so frames are exact.

export const TICKS_A_SECOND = 254016000000n;

/** 10594584000 -> "24000/1001". */
export function rateOfTicks(ticksAFrame: bigint): string {
  const divisor = greatestCommonDivisor(TICKS_A_SECOND, ticksAFrame);
  const over = TICKS_A_SECOND / divisor;
  const under = ticksAFrame / divisor;
  return under === 1n ? `${over}` : `${over}/${under}`;
}

/** "24000/1001" -> 10594584000. */
export function ticksOfRate(rate: string): bigint {
  const [over, under] = rate.split("/");
  return (TICKS_A_SECOND * BigInt(under ?? "1")) / BigInt(over ?? "0");
}

/** 23.976 or 23.976023976 -> 10594584000: the whole rate, or the whole rate over 1.001, that lies nearest. */
export function ticksOfDecimal(framesASecond: number): bigint {
  const whole = Math.max(1, Math.round(framesASecond));
  const toWhole = Math.abs(framesASecond - whole);
  const toBroadcast = Math.abs(framesASecond - (whole * 1000) / 1001);
  if (Math.min(toWhole, toBroadcast) > 0.004) {
    return BigInt(Math.round(Number(TICKS_A_SECOND) / framesASecond)); // 12.5 and other odd rates
  }
  return toWhole <= toBroadcast ? TICKS_A_SECOND / BigInt(whole) : (TICKS_A_SECOND * 1001n) / BigInt(whole * 1000);
}

/** The frame that begins at a time, or the nearest where the time lies between two. */
export function frameAt(ticks: string, ticksAFrame: bigint): number {
  const doubled = 2n * BigInt(ticks) + ticksAFrame;
  const step = 2n * ticksAFrame;
  const down = doubled / step;
  return Number(doubled < 0n && doubled % step !== 0n ? down - 1n : down);
}

/** Ticks as text, as TickTime.createWithTicks takes them. */
export function ticksAt(frame: number, ticksAFrame: bigint): string {
  if (!Number.isSafeInteger(frame)) {
    throw new RangeError(`${frame} is no frame number`);
  }
  return (BigInt(frame) * ticksAFrame).toString();
}

function greatestCommonDivisor(first: bigint, second: bigint): bigint {
  return second === 0n ? first : greatestCommonDivisor(second, first % second);
}
