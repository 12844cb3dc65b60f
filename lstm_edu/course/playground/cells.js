// The cells of this package once more, one step for one sequence, with the letters and the order of blocks of
// lstm_edu/cells: lstm97 i g o, lstm i f g o, gru r z n.  x (D)   h, c (H)   W (D, G*H)   U (H, G*H)   b (G*H)
// Pure functions without a page: the tests run them in a browser beside the package's own kernels.

const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const add = (...vectors) => vectors[0].map((_, j) => vectors.reduce((sum, v) => sum + v[j], 0));
const multiply = (v, w) => v.map((_, j) => v[j] * w[j]);
const product = (v, M) => M[0].map((_, j) => v.reduce((sum, _, k) => sum + v[k] * M[k][j], 0));
const block = (v, k, H) => v.slice(k * H, (k + 1) * H);
const columns = (M, k, H) => M.map((row) => block(row, k, H));

const CELLS = {
  rnn(x, {h}, {W, U, b}) {
    h = add(product(x, W), product(h, U), b).map(Math.tanh);
    return {h};
  },

  // slope and range: 1 and 1 for tanh, 1/2 and 2 for the squashing functions of 1997
  lstm97(x, {h, c}, {W, U, b, slope, range}) {
    const H = h.length, a = add(product(x, W), product(h, U), b);
    const i = block(a, 0, H).map(sigmoid);
    const g = block(a, 1, H).map((v) => range * Math.tanh(slope * v));
    const o = block(a, 2, H).map(sigmoid);
    c = add(c, multiply(i, g));
    h = multiply(o, c.map((v) => Math.tanh(slope * v)));
    return {i, g, o, c, h};
  },

  lstm(x, {h, c}, {W, U, b}) {
    const H = h.length, a = add(product(x, W), product(h, U), b);
    const i = block(a, 0, H).map(sigmoid);
    const f = block(a, 1, H).map(sigmoid);
    const g = block(a, 2, H).map(Math.tanh);
    const o = block(a, 3, H).map(sigmoid);
    c = add(multiply(f, c), multiply(i, g));
    h = multiply(o, c.map(Math.tanh));
    return {i, f, g, o, c, h};
  },

  // with bn the reset gate stands after the product with h, without it before
  gru(x, {h}, {W, U, b, bn}) {
    const H = h.length, a = add(product(x, W), b), U_n = columns(U, 2, H);
    const r = add(block(a, 0, H), product(h, columns(U, 0, H))).map(sigmoid);
    const z = add(block(a, 1, H), product(h, columns(U, 1, H))).map(sigmoid);
    const past = bn ? multiply(r, add(product(h, U_n), bn)) : product(multiply(r, h), U_n);
    const n = add(block(a, 2, H), past).map(Math.tanh);
    h = h.map((old, j) => z[j] * old + (1 - z[j]) * n[j]);
    return {r, z, n, h};
  },
};

// One step: every gate and the new state, by the field's letters.
function step(cell, params, state, x) {
  return CELLS[cell](x, state, params);
}

// All steps of x (T, D); without a state from zero. Each letter has T arrays of H numbers.
function run(cell, params, x, state) {
  const zero = params.U.map(() => 0), kept = {};
  state = state || {h: zero, c: zero};
  for (const x_t of x) {
    state = step(cell, params, state, x_t);
    for (const letter in state) (kept[letter] = kept[letter] || []).push(state[letter]);
  }
  return kept;
}
