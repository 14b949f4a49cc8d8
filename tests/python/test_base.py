"""The special functions against mpmath over their whole range; the errors are the ones that the headers state."""

import guanxi as gx
import numpy as np
import pytest

mpmath = pytest.importorskip("mpmath")
mp, M = mpmath.mp, mpmath.mpf
base = gx._core.base


@pytest.fixture(autouse=True)
def digits():
    with mpmath.workdps(60):
        yield


def errors(got, want, *arguments):
    """Largest relative error, and largest error over 1 + |want|."""
    relative = scaled = 0.0
    for g, *a in zip(got, *arguments, strict=True):
        w = want(*(M(float(v)) for v in a))
        off = abs(M(float(g)) - w)
        relative = max(relative, float(off / abs(w)) if w else float(off))
        scaled = max(scaled, float(off / (1 + abs(w))))
    return relative, scaled


def logs(rng, n, low=-8.0, high=8.0):
    return 10.0 ** rng.uniform(low, high, n)


def lgamma_series(a, x):
    f = mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1))
    t = s = M(1)
    n = a + 1
    while t > s * M(10) ** -50:
        t *= x / n
        s += t
        n += 1
    return f * s


def beta_series(a, b, x):
    f = mp.exp(a * mp.log(x) + b * mp.log(1 - x) + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)) / a
    t = s = M(1)
    k = 0
    while t > s * M(10) ** -45:
        t *= (a + b + k) / (a + 1 + k) * x
        s += t
        k += 1
    return f * s


def test_gamma_family() -> None:
    rng = np.random.default_rng(1)
    x = np.concatenate([logs(rng, 400), rng.uniform(0.4, 3, 300), 1 + rng.normal(0, 1e-4, 50), 2 + rng.normal(0, 1e-4, 50),
                        1.4616321449683622 + rng.normal(0, 1e-5, 50), rng.uniform(9, 11, 50), [1e-8, 1e8]])
    assert errors(base.lgamma(x), mp.loggamma, x)[0] < 1e-15
    assert errors(base.digamma(x), mp.digamma, x)[0] < 2e-15
    assert errors(base.trigamma(x), lambda v: mp.psi(1, v), x)[0] < 1e-15


def test_log_beta_and_rising() -> None:
    rng = np.random.default_rng(2)
    a, b = logs(rng, 600), logs(rng, 600)
    assert errors(base.lbeta(a, b), lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b), a, b)[1] < 4e-15
    assert errors(base.log_rising(a, b), lambda x, n: mp.loggamma(x + n) - mp.loggamma(x), a, b)[1] < 4e-15
    tiny = logs(rng, 300, -8, -3)
    big = logs(rng, 300, 1, 8)
    assert errors(base.log_rising(big, tiny), lambda x, n: mp.loggamma(x + n) - mp.loggamma(x), big, tiny)[0] < 2e-14


def test_normal_and_logs_of_sums() -> None:
    rng = np.random.default_rng(3)
    z = rng.uniform(-37, 8, 400)
    assert errors(base.normal_cdf(z), mp.ncdf, z)[0] < 2e-15
    p = np.concatenate([10.0 ** rng.uniform(-300, 0, 100), rng.uniform(0, 1, 300)])

    def quantile(p):
        x = M(float(base.normal_quantile(float(p))))
        for _ in range(4):
            x -= (mp.ncdf(x) - p) / mp.npdf(x)
        return x

    assert errors(base.normal_quantile(p), quantile, p)[0] < 2e-15
    x = rng.uniform(-40, 40, 400)
    assert errors(base.log1pexp(x), lambda v: mp.log1p(mp.exp(v)), x)[0] < 4e-16
    y = -logs(rng, 400, -8, 2)
    assert errors(base.log1mexp(y), lambda v: mp.log1p(-mp.exp(v)), y)[0] < 4e-16


def test_log_probabilities() -> None:
    rng = np.random.default_rng(4)
    k = np.floor(logs(rng, 300, 0, 8))
    mean = k * np.exp(3 * rng.normal(0, 1, 300) / np.sqrt(k))
    assert errors(base.poisson_log_pmf(k, mean), lambda k, m: k * mp.log(m) - m - mp.loggamma(k + 1), k, mean)[1] < 1e-14
    n = np.floor(logs(rng, 300, 0.5, 8))
    p = rng.uniform(0, 1, 300)
    k = np.clip(np.floor(n * p + 2 * rng.normal(0, 1, 300) * np.sqrt(n * p * (1 - p))), 0, n)

    def binomial(k, n, p):
        return mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1) + k * mp.log(p) + (n - k) * mp.log1p(-p)

    assert errors(base.binomial_log_pmf(k, n, p), binomial, k, n, p)[1] < 2e-13


def test_incomplete_gamma() -> None:
    rng = np.random.default_rng(5)
    a = logs(rng, 150, -8, 6)
    x = np.where(rng.uniform(size=150) < 0.5, a + rng.normal(0, 3, 150) * np.sqrt(a), a * np.exp(rng.normal(0, 1, 150)))
    x = np.maximum(np.where(a < 0.1, logs(rng, 150, -6, 1), x), 1e-9)
    for ai, xi, low, up in zip(a, x, base.gamma_lower(a, x), base.gamma_upper(a, x), strict=True):
        with mpmath.workdps(120):
            lower = lgamma_series(M(float(ai)), M(float(xi))) if xi < 400 + 3 * ai else M(1)
            upper = 1 - lower
            assert abs(low - lower) < 1e-14 and abs(up - upper) < 1e-14, (ai, xi)
            side, got = (lower, low) if lower < upper else (upper, up)
            if side > 1e-45:  # what the reference resolves
                assert abs(got - side) < 1e-12 * side, (ai, xi)


def test_incomplete_beta() -> None:
    rng = np.random.default_rng(6)
    a, b = logs(rng, 150, -8, 3.5), logs(rng, 150, -8, 3.5)
    mean = (a + 1) / (a + b + 2)
    x = np.clip(mean * np.exp(-np.abs(rng.normal(0, 0.5, 150)) / np.sqrt(np.minimum(a, b) + 1)), 1e-9, 0.95)
    lower = base.beta_lower(a, b, x)
    below = x < mean
    for ai, bi, xi, got in zip(a[below], b[below], x[below], lower[below], strict=True):
        want = beta_series(M(float(ai)), M(float(bi)), M(float(xi)))
        assert abs(got - want) < 1e-12 * want + 1e-300, (ai, bi, xi)


def test_quantiles_go_there_and_back() -> None:
    rng = np.random.default_rng(7)
    p, a, b = rng.uniform(0, 1, 2000), logs(rng, 2000), logs(rng, 2000)
    q = base.beta_quantile(p, a, b)
    assert np.isfinite(q).all() and (q >= 0).all() and (q <= 1).all()
    inside = (q > 1e-300) & (q < 0.9)
    assert inside.sum() > 300
    assert np.abs(base.beta_lower(a, b, q) - p)[inside].max() < 1e-10
    g = base.gamma_quantile(p, a)
    assert np.isfinite(g).all()
    inside = g > 1e-300
    assert np.abs(base.gamma_lower(a, g) - p)[inside].max() < 1e-11
