"""Response surfaces: each metric as a Bayesian quadratic polynomial of the parameters around one design.

Response surface methodology (Box and Wilson, 1951) fits a second-order polynomial to designs near the best one and
moves to where the polynomial is best. Here the coefficients have independent normal priors, so that a fit needs no
minimum of designs and knows its own uncertainty: 160 designs can tell of 38 parameters with 780 coefficients. Written
in the designs instead of the coefficients (Rasmussen and Williams, Gaussian Processes for Machine Learning, section
2.1), the covariance of two designs z and z' is

    k(z, z') = 1 + l^2 z.z' + s^2 sum_i (z_i z'_i)^2 + p^2 sum_(i<j) z_i z_j z'_i z'_j

with l, s and p the prior deviations of linear, squared and mixed coefficients. Metrics that the same designs have share
one matrix, so a fit takes milliseconds. A posterior *sample* is a polynomial, made by Matheron's rule: a polynomial
drawn from the prior plus the fit to what it leaves of the data (Wilson et al., JMLR 2021); its value at a thousand
designs is one product.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LINEAR, SQUARE, MIXED = 0.6, 0.5, 0.35
"""Prior deviations of the coefficients: linear, and squared and mixed ones in units of the curvature."""
SHAPES = ((0.3, 0.05), (0.3, 0.2), (0.3, 0.5), (1.0, 0.05), (1.0, 0.2))
"""(curvature, noise) to choose from by their marginal likelihood; noise is what no quadratic can follow."""
LEAST = 4
"""Values that a metric must have for a fit."""


@dataclass(frozen=True)
class Quadratics:
    """One polynomial a metric: c + b.z + z.A.z with z = (point - centre) / unit, A symmetric."""

    centre: np.ndarray
    unit: float
    constant: np.ndarray
    """(metrics,)"""
    linear: np.ndarray
    """(metrics, parameters)"""
    square: np.ndarray
    """(metrics, parameters, parameters)"""

    def at(self, points: np.ndarray) -> np.ndarray:
        """Values at points of shape (points, parameters): (points, metrics)."""
        z = (points - self.centre) / self.unit
        return self.constant + z @ self.linear.T + np.einsum("nmd,nd->nm", np.tensordot(z, self.square, (1, 1)), z)

    def slopes(self, points: np.ndarray) -> np.ndarray:
        """Derivatives by the coordinates: (points, metrics, parameters)."""
        z = (points - self.centre) / self.unit
        return (self.linear + 2 * np.tensordot(z, self.square, (1, 1))) / self.unit


@dataclass(frozen=True)
class _Fit:
    """Metrics that the same designs have: their columns, the designs, and the inverse of the covariance matrix."""

    columns: np.ndarray
    z: np.ndarray
    targets: np.ndarray
    noise: np.ndarray
    curvature: float
    floor: float
    inverse: np.ndarray


class Surface:
    """Fitted to points X, shape (designs, parameters), and their values Y, shape (designs, metrics), NaN where a metric
    has none. ``length`` is the half-width of the region around ``centre`` in which the fit should be good: designs
    count the less the further they are outside of it, and only the nearest ``rows`` are used at all."""

    def __init__(self, X: np.ndarray, Y: np.ndarray, centre: np.ndarray, length: float, rows: int = 160,
                 shapes: Sequence[tuple[float, float]] = SHAPES):
        self.centre, self.unit = centre, length
        distance = self._distance(X)
        near = np.argsort(distance, kind="stable")[:rows]
        z, Y, distance = (X[near] - centre) / self.unit, Y[near], distance[near]
        self.metrics = Y.shape[1]
        self.mean, self.deviation = np.zeros(self.metrics), np.ones(self.metrics)
        self.fits: list[_Fit] = []
        known = np.isfinite(Y)
        groups: dict[bytes, list[int]] = {}
        for column in range(self.metrics):
            groups.setdefault(known[:, column].tobytes(), []).append(column)
        for columns in groups.values():
            rows_ = known[:, columns[0]]
            if rows_.sum() >= LEAST:
                self._fit(columns, z[rows_], Y[np.ix_(rows_, columns)], distance[rows_], shapes)
        self.known = np.isin(np.arange(self.metrics), [column for fit in self.fits for column in fit.columns])

    def _distance(self, X):
        return np.sqrt(((X - self.centre) ** 2).mean(axis=1))

    def _noise(self, distance: np.ndarray, floor: float) -> np.ndarray:
        """The variance of the noise at a distance: that at the centre, and more outside of the region."""
        return floor ** 2 * (1 + 4 * np.maximum(distance / self.unit - 1, 0) ** 2) + 1e-9

    def _fit(self, columns, z, Y, distance, shapes) -> None:
        weights = np.exp(-0.5 * (distance / (2 * self.unit)) ** 2) + 1e-3
        mean = weights @ Y / weights.sum()
        deviation = np.sqrt(weights @ (Y - mean) ** 2 / weights.sum()) + 1e-2
        targets = np.clip((Y - mean) / deviation, -4, 4)
        factors = [np.linalg.cholesky(covariance(z, z, curvature) + np.diag(self._noise(distance, floor)))
                   for curvature, floor in shapes]
        likelihoods = [-0.5 * (np.linalg.solve(factor, targets) ** 2).sum(axis=0) - np.log(np.diag(factor)).sum()
                       for factor in factors]
        chosen = np.argmax(likelihoods, axis=0)
        self.mean[columns], self.deviation[columns] = mean, deviation
        for place in np.unique(chosen):
            curvature, floor = shapes[place]
            mine, root = chosen == place, np.linalg.inv(factors[place])
            self.fits.append(_Fit(np.array(columns)[mine], z, targets[:, mine], self._noise(distance, floor),
                                  curvature, floor, root.T @ root))

    def mean_surface(self) -> Quadratics:
        return self._posterior(None)

    def sample(self, rng: np.random.Generator) -> Quadratics:
        """One posterior sample of all metrics."""
        return self._posterior(rng)

    def _posterior(self, rng) -> Quadratics:
        d = len(self.centre)
        constant, linear, square = np.zeros(self.metrics), np.zeros((self.metrics, d)), np.zeros((self.metrics, d, d))
        for fit in self.fits:
            scale = prior_squares(d, fit.curvature)
            drawn = _draw(rng, len(fit.columns), d, scale) if rng is not None else _nothing(len(fit.columns), d)
            rest = fit.targets - Quadratics(np.zeros(d), 1.0, *drawn).at(fit.z)
            if rng is not None:
                rest = rest - np.sqrt(fit.noise)[:, None] * rng.standard_normal(rest.shape)
            r = fit.inverse @ rest
            moments = np.stack([fit.z.T @ (r[:, [k]] * fit.z) for k in range(r.shape[1])])
            constant[fit.columns] = drawn[0] + r.sum(axis=0)
            linear[fit.columns] = drawn[1] + LINEAR ** 2 * r.T @ fit.z
            square[fit.columns] = drawn[2] + scale * moments
        deviation = self.deviation
        constant = np.where(self.known, self.mean + deviation * constant, np.nan)
        return Quadratics(self.centre, self.unit, constant, deviation[:, None] * linear,
                          deviation[:, None, None] * square)

    def uncertainty(self, points: np.ndarray) -> np.ndarray:
        """Standard deviation of what a simulation at points, shape (points, parameters), will show: (points, metrics);
        NaN for a metric without a fit."""
        result = np.full((len(points), self.metrics), np.nan)
        z, distance = (points - self.centre) / self.unit, self._distance(points)
        for fit in self.fits:
            cross = covariance(z, fit.z, fit.curvature)
            own = np.diag(covariance(z, z, fit.curvature))
            variance = own - np.einsum("nk,kl,nl->n", cross, fit.inverse, cross) + self._noise(distance, fit.floor)
            result[:, fit.columns] = np.sqrt(np.maximum(variance, 1e-12))[:, None] * self.deviation[fit.columns]
        return result

    def slope_uncertainty(self) -> np.ndarray:
        """Standard deviations of the derivatives at the centre, shape (metrics, parameters); NaN without a fit."""
        result = np.full((self.metrics, len(self.centre)), np.nan)
        for fit in self.fits:
            known = np.einsum("kd,kl,ld->d", fit.z, fit.inverse, fit.z)
            variance = LINEAR ** 2 - LINEAR ** 4 * known
            result[fit.columns] = np.sqrt(np.maximum(variance, 0.0)) * self.deviation[fit.columns, None] / self.unit
        return result


def prior_squares(d: int, curvature: float) -> np.ndarray:
    """Prior variances that belong to the entries of the symmetric matrix A, so that its posterior is this times the
    weighted second moments of the designs."""
    scale = np.full((d, d), (MIXED * curvature) ** 2 / 2)
    np.fill_diagonal(scale, (SQUARE * curvature) ** 2)
    return scale


def covariance(z: np.ndarray, other: np.ndarray, curvature: float) -> np.ndarray:
    """k of the module's docstring between rows of two arrays."""
    product, squares = z @ other.T, (z ** 2) @ (other ** 2).T
    mixed = (product ** 2 - squares) / 2
    return 1 + LINEAR ** 2 * product + (SQUARE * curvature) ** 2 * squares + (MIXED * curvature) ** 2 * mixed


def _nothing(metrics: int, d: int):
    return np.zeros(metrics), np.zeros((metrics, d)), np.zeros((metrics, d, d))


def _draw(rng, metrics: int, d: int, scale: np.ndarray):
    """Coefficients from the prior: a mixed one is split over the two entries of A that it belongs to."""
    raw = np.triu(rng.standard_normal((metrics, d, d)))
    deviation = np.sqrt(scale)
    square = raw * deviation * np.where(np.eye(d), 1.0, np.sqrt(0.5))
    return (rng.standard_normal(metrics), LINEAR * rng.standard_normal((metrics, d)),
            square + np.triu(square, 1).transpose(0, 2, 1))
