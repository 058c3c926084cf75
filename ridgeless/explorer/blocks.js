// Samples whose masks each draw a ratio of their own: blocks of rows instead of classes.
// Means of inverse K x K matrices as integrals over t (eq-blocks-laplace); the ground truth is
// ridgeless/engine/blocks.py.
"use strict";

const T_STEP = 0.5, T_FIRST = 1e-8, T_LAST = 50;

class Blocks {
  constructor(problem, { mask, mean }, usable, total) {
    const { masks, masked, fill, power } = problem;
    const zero = fill !== "rescale";
    // Of the rows of such a ratio: chance to count, v, b, 1 - v, f and b - f.
    const kept = mask.map((p, i) => [p, usable[i]]).filter(([, chance]) => chance > 0);
    const column = (of) => Float64Array.from(kept, ([p, chance]) => of(p, chance));
    Object.assign(this, {
      K: masks, rows: masks * (masked ? mean : 1), ridge: 0, power, loud: loudness(problem),
      w: column((p, chance) => chance),
      seen: column((p) => (zero ? 1 - p : 1)),
      b: column((p) => rowMoments(fill, p)[1]),
      f: column((p) => rowMoments(fill, p)[2]),
      v: column((p) => rowMoments(fill, p)[1] - rowMoments(fill, p)[2]),
      lost: column((p) => (zero ? p : 0)),
    });
    this.level = sum(kept.length, (j) => (this.w[j] * (this.seen[j] ** 2 + this.b[j])) / total);
    this.x = new Float64Array(kept.length); // 1/h
    this.y = new Float64Array(kept.length); // v^2/h
    this.e = new Float64Array(kept.length); // chance, times exp(-t m1 y)
  }

  /** Call `visit` at every t of every power, with the weights of the two kinds of integral. */
  integrate(d0, base, m1, m0, visit) {
    const { K, w, x, y, e, seen, b } = this, powers = powersAt(base, this.power, this.loud);
    for (let l = 0; l < powers.rho.length; l++) {
      const rho = powers.rho[l], chance = powers.chance[l], loud = powers.loud[l];
      let top = 0;
      for (let j = 0; j < x.length; j++) {
        x[j] = 1 / (base * rho + b[j] * d0 * m0);
        y[j] = seen[j] * seen[j] * x[j];
        top = Math.max(top, m1 * y[j]);
      }
      for (let t = T_FIRST / (1 + K * top); t < T_LAST; t *= Math.exp(T_STEP)) {
        let gone = 0, f_y = 0, f_yy = 0;
        for (let j = 0; j < x.length; j++) {
          const decay = Math.exp(-t * m1 * y[j]);
          e[j] = w[j] * decay;
          gone += w[j] * (decay - 1);
          f_y += e[j] * y[j];
          f_yy += e[j] * y[j] * y[j];
        }
        const L = Math.max(1 + gone, 0), int1 = (T_STEP * t * Math.exp(-t) * chance * K) / this.rows;
        const P1 = L ** (K - 1), P2 = (K - 1) * L ** (K - 2);
        const P3 = K > 2 ? (K - 1) * (K - 2) * L ** (K - 3) : 0;
        const both = P1 + 2 * m1 * P2 * f_y + m1 * m1 * (P2 * f_yy + P3 * f_y * f_y);
        visit({ rho, loud, int1, int2: int1 * t, P1, P2, P3, f_y, f_yy, both });
      }
    }
  }

  /** Sums over blocks in the form of those over classes (eq-blocks-laplace). */
  sums(d0, base, m1, m0) {
    const c = { alpha: 0, beta: 0, a1: 0, b1: 0, a11: 0, a10: 0, a00: 0, y: 0 };
    const { x, y, e, b } = this;
    this.integrate(d0, base, m1, m0, ({ rho, int1, int2, P1, P2, f_y, f_yy, both }) => {
      let f_b = 0, f_by = 0, f_bb = 0, f_x = 0, f_xy = 0, f_bxx = 0;
      for (let j = 0; j < x.length; j++) {
        const bx = b[j] * d0 * x[j];
        f_b += e[j] * bx;
        f_by += e[j] * bx * y[j];
        f_bb += e[j] * bx * bx;
        f_x += e[j] * x[j];
        f_xy += e[j] * x[j] * y[j];
        f_bxx += e[j] * bx * x[j];
      }
      const others = P1 + m1 * P2 * f_y;
      c.alpha += int1 * f_y * P1;
      c.beta += int1 * f_b * others;
      c.a11 += int2 * (f_yy * P1 + f_y * f_y * P2);
      c.a10 += int2 * f_by * P1;
      c.a00 += int2 * (f_bb * both + m1 * m1 * P2 * f_by * f_by);
      c.a1 += int2 * rho * f_xy * P1;
      c.b1 += int2 * rho * (f_bxx * both + m1 * m1 * P2 * f_by * f_xy);
      c.y += int1 * rho * base * f_x * others;
    });
    return c;
  }

  /** What the mean predictor adds to them: sums of f and v (eq-blocks-predictor). */
  predictor(d0, base, m1, m0) {
    const { x, e, b, f, v } = this;
    let extra = 0, unequal = 0;
    this.integrate(d0, base, m1, m0, ({ int1, P1, P2, f_y }) => {
      let f_f = 0, f_v = 0, f_b = 0;
      for (let j = 0; j < x.length; j++) {
        f_f += e[j] * x[j] * f[j];
        f_v += e[j] * x[j] * v[j];
        f_b += e[j] * x[j] * b[j];
      }
      extra += int1 * f_f * P1;
      unequal += int1 * (f_v * P1 + m1 * P2 * f_b * f_y);
    });
    return { extra, unequal };
  }

  /** Design variance, and noise variance per unit of noise (eq-blocks-variance). */
  variance(d0, base, m1, m0, u1, u0, inflation, { strength, gap, scatter, power }) {
    const { x, y, e, b, seen, lost } = this;
    const reach = 1 + inflation, around = reach * reach * scatter, learnt = power / d0;
    const miss = lost.map((p) => reach * gap - inflation + reach * (1 - gap) * p);
    let design = 0, noise = 0;
    this.integrate(d0, base, m1, m0, ({ loud, int2, P1, P2, P3, f_y, f_yy, both }) => {
      let f_by = 0, f_bb = 0, f_m = 0, f_mm = 0, f_z = 0, f_zz = 0, f_l = 0, f_zl = 0, f_ll = 0;
      for (let j = 0; j < x.length; j++) {
        const bx = b[j] * d0 * x[j], z = seen[j] * x[j], zm = z * miss[j], zl = z * lost[j];
        f_by += e[j] * bx * y[j];
        f_bb += e[j] * bx * bx;
        f_m += e[j] * zm;
        f_mm += e[j] * zm * zm;
        f_z += e[j] * z;
        f_zz += e[j] * z * z;
        f_l += e[j] * zl;
        f_zl += e[j] * z * zl;
        f_ll += e[j] * zl * zl;
      }
      let n0 = 0, r0 = 0;
      for (let j = 0; j < x.length; j++) {
        const p = lost[j], load = e[j] * b[j] * d0 * x[j] * x[j];
        const first = p * f_z - f_l, second = p * p * f_zz - 2 * p * f_zl + f_ll;
        const square = m1 * m1 * (P2 * Math.max(second, 0) + P3 * first * first);
        r0 += load * ((miss[j] * P1 + 2 * m1 * P2 * first) * miss[j] + square);
        n0 += load * (P1 + 2 * m1 * P2 * first + square);
      }
      // The rows miss `miss` of the signal on average, and by eigenvalue more or less of it.
      const a11 = f_yy * P1 + f_y * f_y * P2, a10 = f_by * P1;
      const a00 = f_bb * both + m1 * m1 * P2 * f_by * f_by;
      const one = strength * (f_mm * P1 + f_m * f_m * P2) + around * a11 + learnt * a10;
      design += int2 * (u1 * one + u0 * (strength * r0 + around * a10 + learnt * a00));
      noise += int2 * loud * (u1 * (f_zz * P1 + f_z * f_z * P2) + u0 * n0);
    });
    return { design, noise };
  }
}
