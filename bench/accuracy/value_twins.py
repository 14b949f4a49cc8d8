"""Likelihood and every expectation of the purchase models against mpmath twins, over the whole domain.

Run alone for 10,000 points a model (``python bench/accuracy/value_twins.py``); the accuracy page and the tests take fewer.
The twins are the published closed forms (hypergeometric functions, sums of beta functions) in 50 digits: other formulas than ours.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
from guanxi import _core, value

Answers = dict[str, tuple[float, Any]]
Point = tuple[float, ...]
one = np.array


def history(random: np.random.Generator, most: int = 5000) -> tuple[float, float, float]:
    """frequency, recency, age: 0 to 5,000 purchases, the last one just now, long ago or right after the first."""
    choices = [n for n in (0, 0, 1, 2, 5, 20, 100, 1000, 5000) if n <= most]
    x, age = float(random.choice(choices)), 10 ** random.uniform(-1, 3)
    t = 0.0 if x == 0 else age * float(random.choice([random.uniform(), 1 - 10 ** random.uniform(-8, -1), 10 ** random.uniform(-6, -1), 1.0]))
    return x, t, age


def wide(random: np.random.Generator, low: float, high: float) -> float:
    return float(10 ** random.uniform(low, high))


def rate_law(random: np.random.Generator) -> tuple[float, float]:
    """Shape and scale: half of them usual, half over the whole domain (rates 1e-8 to 1e4)."""
    if random.uniform() < 0.5:
        return wide(random, -1, 1), wide(random, -1, 2)
    return wide(random, -3, 3), wide(random, -4, 8)


def near_one(random: np.random.Generator, low: float, high: float) -> float:
    u = random.uniform()
    return 1.0 if u < 0.05 else float(1 + random.choice([-1, 1]) * wide(random, -12, -2)) if u < 0.25 else wide(random, low, high)


def lbeta(a: Any, b: Any) -> Any:
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def softplus(v: Any) -> Any:
    return mp.log1p(mp.exp(v)) if v < 0 else v + mp.log1p(mp.exp(-v))


# ---- NBD, BG/NBD, MBG/NBD, BG/CNBD-k, MBG/CNBD-k ------------------------------------------------------------------------

def family(kind: str, k: int = 1) -> tuple[Callable[[np.random.Generator], Point], Callable[[Point], Answers]]:
    none, m = kind == "NBD", 1 if kind.startswith("M") else 0

    def draw(random: np.random.Generator) -> Point:
        r, alpha = rate_law(random)
        a, b = near_one(random, -4, 2), wide(random, -2, 3)
        x, t, age = history(random, 5000 if k == 1 else 100)
        horizon = age * wide(random, -1, 1)
        while (r + k * x + (0.0 if k == 1 else 0.5)) * horizon / (alpha + age) > (2e5 if k == 1 else 300):
            horizon /= 10
        return r, alpha, a, b, x, t, age, horizon

    def expected(R: Any, al: Any, a: Any, b: Any, x: Any, T: Any, h: Any, q: Any, r: Any) -> Any:
        if k == 1:
            if none:
                return R / (al + T) * h
            z, c = h / (al + T + h), a - 1
            if abs(c) < mp.mpf("1e-25"):
                c = mp.mpf("1e-25")
            whole = c + b  # a + b' - 1
            return whole / c * (1 - (1 - z) ** c * mp.hyp2f1(whole - R, c, whole, z, maxterms=10**7))
        z, weights, total = h / (al + T + h), [mp.mpf(1)], mp.mpf(0)
        for j in range(1, k):
            weights.append(weights[-1] * q * (R + j - 1) / j)
        for j, w in enumerate(weights):  # E = sum over m of P(NB = m) times the expected number among floor((j + m) / k) purchases
            pmf, mean, at, survive, count = (1 - z) ** (R + j), mp.mpf(0), 0, mp.mpf(1), mp.mpf(0)
            peak = pmf
            done = 0
            while True:
                while done < (j + at) // k:
                    count += survive
                    survive *= (b + done) / (a + b + done) if not none else 1
                    done += 1
                mean += pmf * count
                ratio = (R + j + at) / (at + 1) * z
                pmf *= ratio
                at += 1
                peak = max(peak, pmf)
                if ratio < 1 and pmf * (count + 1) < mp.mpf("1e-22") * (1 - ratio) * mean + mp.mpf("1e-300"):
                    break
            total += w * mean
        return total / sum(weights)

    def answers(point: Point) -> Answers:
        r, alpha, a, b, x, t, age, horizon = map(mp.mpf, point)
        gaps = float(x) * 0.3
        name = kind if k == 1 else kind.replace("NBD", "CNBDk")
        params: dict[str, float] = {"r": point[0], "alpha": point[1]}
        if not none:
            params |= {"a": point[2], "b": point[3]}
        if k > 1:
            params["k"] = k
        model = getattr(value, name)(params=params, threads=1)
        row = {"frequency": [point[4]], "recency": [point[5]], "age": [point[6]]}
        R, q = r + k * x, (age - t) / (alpha + age)
        S = sum((q**j * mp.rf(R, j) / mp.factorial(j) for j in range(k)), mp.mpf(0))
        base = (mp.loggamma(R) - mp.loggamma(r) + r * mp.log(alpha) - R * mp.log(alpha + age) + mp.log(S) + (k - 1) * mp.mpf(gaps)
                - x * mp.loggamma(k))
        odds = mp.mpf("-inf")
        if not none:
            base += lbeta(a, b + x + m) - lbeta(a, b)
            if x + m > 0:
                odds = R * mp.log((alpha + age) / (alpha + t)) + mp.log(a) - mp.log(b + x + m - 1) - mp.log(S)
        out: Answers = {}
        got = _core.value.purchase_log_likelihood(kind, k, *(one([v]) for v in (*point[4:7], gaps, *point[:4])))[0]
        out["log-likelihood"] = (got, base + (softplus(odds) if mp.isfinite(odds) else 0))
        alive = 1 / (1 + mp.exp(odds)) if mp.isfinite(odds) else mp.mpf(1)
        if alive > mp.mpf("1e-290"):
            out["P(alive)"] = (float(model.probability_alive(row)[0]), alive)
            mean = expected(R, alpha, a, b + x + m, x, age, horizon, q, r)
            if alive * mean > mp.mpf("1e-290"):
                out["expected purchases"] = (float(model.expected_purchases(row, point[7])[0]), alive * mean)
        new_horizon = point[7]
        while max(float(r), 0.0 if k == 1 else 0.5) * new_horizon / float(alpha) > (2e5 if k == 1 else 300):
            new_horizon /= 10
        new = expected(r, alpha, a, b + m, mp.mpf(0), mp.mpf(0), mp.mpf(new_horizon), mp.mpf(0), r)
        if m:
            new *= b / (a + b)
        if new > mp.mpf("1e-290"):
            out["expected purchases, new"] = (model.expected_purchases_new(new_horizon), new)
        if k == 1:
            z = horizon / (alpha + age + horizon)
            silent = (1 / (1 + mp.exp(-odds)) if mp.isfinite(odds) else 0) + alive * (1 - z) ** R
            if silent > mp.mpf("1e-290"):
                out["P(no purchase)"] = (float(model.probability_of(row, 0, point[7])[0]), silent)
        return out

    return draw, answers


# ---- Pareto/NBD ----------------------------------------------------------------------------------------------------------

def pareto_draw(random: np.random.Generator) -> Point:
    r, alpha = rate_law(random)
    s, beta = near_one(random, -3, 3), wide(random, -8, 4)
    if random.uniform() < 0.2:
        beta = alpha
    x, t, age = history(random)
    return r, alpha, s, beta, x, t, age, age * wide(random, -1, 1)


def pareto_answers(point: Point) -> Answers:
    r, alpha, s, beta, x, t, age, horizon = map(mp.mpf, point)
    q = r + s + x
    M, D, e = (alpha, alpha - beta, s + 1) if alpha >= beta else (beta, beta - alpha, r + x)

    def tail(u: Any) -> Any:  # (M + u)^-q 2F1(q, e; q + 1; D / (M + u)), by Euler's transform where the argument is near 1
        z = D / (M + u)
        if z < 0.5:
            return (M + u) ** -q * mp.hyp2f1(q, e, q + 1, z, maxterms=10**7)
        return (M + u) ** -q * (1 - z) ** (1 - e) * mp.hyp2f1(1, q + 1 - e, q + 1, z, maxterms=10**7)

    with mp.workdps(70):
        left = s / q * (tail(t) - tail(age)) if age > t else mp.mpf(0)
        live = (alpha + age) ** -(r + x) * (beta + age) ** -s
        odds = left / live
        ll = mp.loggamma(r + x) - mp.loggamma(r) + r * mp.log(alpha) + s * mp.log(beta) + mp.log(live + left)
        alive = live / (live + left)
    row = {"frequency": [point[4]], "recency": [point[5]], "age": [point[6]]}
    model = value.ParetoNBD(params=dict(zip(("r", "alpha", "s", "beta"), point[:4], strict=True)), threads=1)
    got = _core.value.pareto_log_likelihood(*(one([v]) for v in point[4:7]), *point[:4])[0]
    out: Answers = {"log-likelihood": (got, ll)}

    def living(b: Any) -> Any:
        c = s - 1 if abs(s - 1) > mp.mpf("1e-30") else mp.mpf("1e-30")
        return b / c * (-mp.expm1(-c * mp.log1p(horizon / b)))

    if alive > mp.mpf("1e-290"):
        out["P(alive)"] = (float(model.probability_alive(row)[0]), alive)
        mean = alive * (r + x) / (alpha + age) * living(beta + age)
        if mean > mp.mpf("1e-290"):
            out["expected purchases"] = (float(model.expected_purchases(row, point[7])[0]), mean)
    new = r / alpha * living(beta)
    if new > mp.mpf("1e-290"):
        out["expected purchases, new"] = (model.expected_purchases_new(point[7]), new)
    del odds
    rate = 0.3 / point[6]
    if alive > mp.mpf("1e-280"):
        # DERT: integral of e^(-rate u) (b / (b + u))^s = b U(1, 2 - s, rate b)
        b = beta + age
        z = mp.mpf(rate) * b
        if z > 1e-6 and s < 200:
            psi = mp.exp(z) * mp.expint(s, z)
            mean = alive * (r + x) / (alpha + age) * b * psi
            out["discounted purchases"] = (float(model.discounted_purchases(row, rate)[0]), mean)
    return out


# ---- GGompertz/NBD --------------------------------------------------------------------------------------------------------

def gompertz_draw(random: np.random.Generator) -> Point:
    x, t, age = history(random, 1000)
    r, alpha = rate_law(random)
    return r, alpha, wide(random, -3, 1) / age, wide(random, -2, 2), wide(random, -3, 3), x, t, age, age * wide(random, -1, 0.5)


def gompertz_answers(point: Point) -> Answers:
    r, alpha, b, s, beta, x, t, age, horizon = map(mp.mpf, point)
    names = ("r", "alpha", "b", "s", "beta")
    model = value.GGompertzNBD(params=dict(zip(names, point[:5], strict=True)), threads=1)
    row = {"frequency": [point[5]], "recency": [point[6]], "age": [point[7]]}

    def stays(u: Any) -> Any:
        return (beta / (beta + mp.expm1(b * u))) ** s

    def cut(low: Any, high: Any, scales: tuple[Any, ...]) -> list[Any]:  # panels that double from the shortest scale on
        out, step = [low], min(scales)
        while out[-1] + step < high:
            out.append(out[-1] + step)
            step *= mp.mpf("1.7")
        return [*out, high]

    with mp.workdps(30):
        n = r + x
        scales = ((alpha + t) / (n + 1), 1 / b / (s + 1), (beta + mp.expm1(b * t)) / (b * mp.exp(b * t)) / (s + 1), alpha + t)
        top = (alpha + t) ** -n
        left = mp.quad(lambda u: b * s * stays(u) * mp.exp(b * u) / (beta + mp.expm1(b * u)) * ((alpha + t) / (alpha + u)) ** n, cut(t, age, scales)) if age > t else mp.mpf(0)
        live = stays(age) * ((alpha + t) / (alpha + age)) ** n
        ll = mp.loggamma(n) - mp.loggamma(r) + r * mp.log(alpha) + mp.log(top) + mp.log(live + left)
        if abs(ll) < mp.mpf("1e-6"):
            return {}
        out: Answers = {"log-likelihood": (_core.value.gompertz_log_likelihood(*(one([v]) for v in point[5:8]), *point[:5])[0], ll)}
        alive = live / (live + left)
        if alive > mp.mpf("1e-250"):
            out["P(alive)"] = (float(model.probability_alive(row)[0]), alive)
            now = stays(age)
            ahead = (1 / b / (s + 1), (beta + mp.expm1(b * age)) / (b * mp.exp(b * age)) / (s + 1))
            mean = alive * n / (alpha + age) * mp.quad(lambda u: stays(age + u) / now, cut(mp.mpf(0), horizon, ahead))
            out["expected purchases"] = (float(model.expected_purchases(row, point[8])[0]), mean)
        new = r / alpha * mp.quad(stays, cut(mp.mpf(0), horizon, (1 / b / (s + 1), beta / b / (s + 1))))
        out["expected purchases, new"] = (model.expected_purchases_new(point[8]), new)
    return out


# ---- gamma-gamma, sBG, BG/BB ------------------------------------------------------------------------------------------------

def spend_draw(random: np.random.Generator) -> Point:
    return wide(random, -1, 2), near_one(random, -1, 3), wide(random, -4, 5), float(random.choice([1, 2, 5, 20, 300, 5000])), wide(random, -3, 6)


def spend_answers(point: Point) -> Answers:
    p, q, v, x, m = map(mp.mpf, point)
    ll = (mp.loggamma(p * x + q) - mp.loggamma(p * x) - mp.loggamma(q) + q * mp.log(v) + (p * x - 1) * mp.log(m) + p * x * mp.log(x)
          - (p * x + q) * mp.log(x * m + v))
    out: Answers = {"log-likelihood": (_core.value.gamma_gamma_log_likelihood(*(one([c]) for c in (point[3], point[4])), *point[:3])[0], ll)}
    if p * x + q > 1:
        model = value.GammaGamma(params=dict(zip(("p", "q", "v"), point[:3], strict=True)))
        out["expected spend"] = (float(model.expected_spend({"frequency": [point[3]], "spend": [point[4]]})[0]), p * (v + x * m) / (p * x + q - 1))
    return out


def sbg_draw(random: np.random.Generator) -> Point:
    return near_one(random, -4, 3), wide(random, -4, 4), float(random.choice([1, 2, 7, 40, 600])), float(random.choice([0, 1])), wide(random, -2, 0)


def sbg_answers(point: Point) -> Answers:
    a, b, t, lost, rate = map(mp.mpf, point)
    ll = lbeta(a + 1, b + t - 1) - lbeta(a, b) if lost else lbeta(a, b + t) - lbeta(a, b)
    model = value.SBG(params={"a": point[0], "b": point[1]})
    z, here = 1 / (1 + rate), b + t
    out: Answers = {
        "log-likelihood": (_core.value.sbg_log_likelihood(one([point[2]]), one([point[3]]), *point[:2])[0], ll),
        "survival": (model.survival(int(t), 3), mp.exp(lbeta(a, b + 3 + t) - lbeta(a, b + 3))),
    }
    total, term, at = mp.mpf(0), z, here
    while True:
        term *= at / (a + at)
        total += term
        if term < mp.mpf("1e-20") * total * rate:
            break
        term, at = term * z, at + 1
    out["residual lifetime"] = (model.residual_lifetime(int(t), point[4]), total)
    return out


def bgbb_draw(random: np.random.Generator) -> Point:
    n = int(random.choice([1, 3, 6, 12, 60]))
    t = int(random.integers(0, n + 1))
    x = int(random.integers(1, t + 1)) if t else 0
    return (wide(random, -3, 3), wide(random, -3, 3), near_one(random, -4, 3), wide(random, -3, 3), float(x), float(t), float(n), float(random.integers(1, 40)))


def bgbb_answers(point: Point) -> Answers:
    al, be, ga, de, x, t, n, ahead = map(mp.mpf, point)
    with mp.workdps(60):
        if abs(ga - 1) < mp.mpf("1e-25"):
            ga = ga + mp.mpf("1e-25")
        live = mp.exp(lbeta(al + x, be + n - x) + lbeta(ga, de + n) - lbeta(al, be) - lbeta(ga, de))
        dead = sum((mp.exp(lbeta(al + x, be + t - x + i) + lbeta(ga + 1, de + t + i) - lbeta(al, be) - lbeta(ga, de)) for i in range(int(n - t))), mp.mpf(0))
        L = live + dead
        mean = (mp.exp(lbeta(al + x + 1, be + n - x) - lbeta(al, be)) * de / (ga - 1) * mp.exp(mp.loggamma(ga + de) - mp.loggamma(1 + de))
                * (mp.exp(mp.loggamma(1 + de + n) - mp.loggamma(ga + de + n)) - mp.exp(mp.loggamma(1 + de + n + ahead) - mp.loggamma(ga + de + n + ahead))) / L)
        new = al / (al + be) * de / (ga - 1) * (1 - mp.exp(mp.loggamma(ga + de) - mp.loggamma(ga + de + ahead) + mp.loggamma(1 + de + ahead) - mp.loggamma(1 + de)))
    row = {"frequency": [point[4]], "recency": [point[5]], "occasions": [point[6]]}
    model = value.BGBB(params=dict(zip(("alpha", "beta", "gamma", "delta"), point[:4], strict=True)))
    return {
        "log-likelihood": (_core.value.bgbb_log_likelihood(*(one([v]) for v in point[4:7]), *point[:4])[0], mp.log(L)),
        "P(alive)": (float(model.probability_alive(row)[0]), live / L),
        "expected purchases": (float(model.expected_purchases(row, int(ahead))[0]), mean),
        "expected purchases, new": (model.expected_purchases_new(int(ahead)), new),
    }


MODELS: dict[str, tuple[Callable[[np.random.Generator], Point], Callable[[Point], Answers]]] = {
    "NBD": family("NBD"),
    "BG/NBD": family("BGNBD"),
    "MBG/NBD": family("MBGNBD"),
    "BG/CNBD-3": family("BGNBD", 3),
    "MBG/CNBD-2": family("MBGNBD", 2),
    "Pareto/NBD": (pareto_draw, pareto_answers),
    "GGompertz/NBD": (gompertz_draw, gompertz_answers),
    "gamma-gamma": (spend_draw, spend_answers),
    "sBG": (sbg_draw, sbg_answers),
    "BG/BB": (bgbb_draw, bgbb_answers),
}


def compare(job: tuple[str, int, int]) -> dict[str, tuple[int, float, Point]]:
    """Of one model and part of its points: quantity -> points, worst relative error, where."""
    name, seed, n = job
    draw, answers = MODELS[name]
    random = np.random.default_rng([seed, sorted(MODELS).index(name)])
    out: dict[str, tuple[int, float, Point]] = {}
    warnings.filterwarnings("ignore")
    with mp.workdps(50):
        for _ in range(n):
            point = draw(random)
            for quantity, (got, want) in answers(point).items():
                error = float(abs(got - want) / max(abs(want), mp.mpf("1e-290")))  # what no double can hold counts as 0
                error = error if error == error else float("inf")
                count, worst, where = out.get(quantity, (0, 0.0, point))
                out[quantity] = (count + 1, max(worst, error), point if error > worst else where)
    return out


def rows(points: int, processes: int = 1, names: tuple[str, ...] = ()) -> list[list[object]]:
    chosen = [n for n in MODELS if not names or n in names]
    parts = max(1, points // 250)
    # the twins of the regular models are sums of thousands of 50-digit terms: fewer points
    jobs = [(name, part, max(4, points // parts // (25 if "CNBD" in name else 1))) for part in range(parts) for name in chosen]
    if processes > 1:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            results = pool.map(compare, jobs, chunksize=1)
    else:
        results = [compare(job) for job in jobs]
    total: dict[tuple[str, str], tuple[int, float, Point]] = {}
    for (name, _, _), result in zip(jobs, results, strict=True):
        for quantity, (count, worst, where) in result.items():
            n, w, at = total.get((name, quantity), (0, 0.0, where))
            total[name, quantity] = (n + count, max(w, worst), where if worst > w else at)
    order = list(MODELS)
    return [[name, quantity, n, w, at] for (name, quantity), (n, w, at) in sorted(total.items(), key=lambda item: order.index(item[0][0]))]


def tables(points: int = 10_000) -> list[tuple[str, list[str], list[list[object]]]]:
    return [("Purchase models against mpmath twins in 50 digits: x 0 to 5,000, rates 1e-8 to 1e4, a and s near 1, alpha = beta",
             ["model", "quantity", "points", "worst relative error"], [row[:4] for row in rows(points, os.cpu_count() or 1)])]


if __name__ == "__main__":
    for row in rows(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, int(sys.argv[2]) if len(sys.argv) > 2 else 2, tuple(sys.argv[3:])):
        print(f"{row[0]:<12} {row[1]:<26} {row[2]:>6} {row[3]:.2e}   {'' if float(str(row[3])) < 1e-9 else row[4]}")
