// After Effects counts in seconds as decimals; here they become whole frames and exact rates.
(function (us) {
    function greatestCommonDivisor(first, second) {
        return second === 0 ? first : greatestCommonDivisor(second, first % second);
    }

    us.fraction = function (over, under) {
        var divisor = greatestCommonDivisor(Math.abs(over), under);
        return under / divisor === 1 ? String(over / divisor) : over / divisor + "/" + under / divisor;
    };

    /** 23.9759998321533 -> "24000/1001": the whole rate, or the whole rate over 1.001, that lies nearest. */
    us.rateText = function (framesASecond) {
        var whole = Math.max(1, Math.round(framesASecond));
        var toWhole = Math.abs(framesASecond - whole);
        var toBroadcast = Math.abs(framesASecond - whole * 1000 / 1001);
        if (Math.min(toWhole, toBroadcast) > 0.004) {
            return us.fraction(Math.round(framesASecond * 1000), 1000); // 12.5 and other odd rates
        }
        return toWhole <= toBroadcast ? String(whole) : whole * 1000 + "/1001";
    };

    /** "24000/1001" -> 23.976023976 */
    us.rateNumber = function (text) {
        var parts = text.split("/");
        return parts.length === 2 ? Number(parts[0]) / Number(parts[1]) : Number(text);
    };

    us.sameRate = function (one, other) {
        return Math.abs(us.rateNumber(one) - us.rateNumber(other)) < 1e-9;
    };

    /**
     * The frame that lies nearest to a time. Comps at 23.976 keep 23.9759998 frames a second, which drifts from
     * 24000/1001 by a tenth of a frame in an hour; their own frame duration is what counts, to the nearest.
     */
    us.frameAt = function (seconds, frameDuration) {
        return Math.round(seconds / frameDuration);
    };

    /** Speed from a stretch in per cent: 200 -> "1/2", -100 -> "-1". */
    us.speedText = function (stretch) {
        var thousandths = Math.round(stretch * 1000);
        if (thousandths === 0) { return "1"; }
        return thousandths < 0 ? us.fraction(-100000, -thousandths) : us.fraction(100000, thousandths);
    };
}($.global.understudy || ($.global.understudy = {})));
