"""The one matrix product that has to be made step by step: out += h U, on some rows of a batch."""

from .kernel import kernel


@kernel
def add_product(out, h, U, b0, b1, out_at=0, h_at=0):
    """out[b, out_at:][:N] += h[b, h_at:][:K] @ U for b0 <= b < b1, U (K, N); all arrays C-contiguous.

    Four rows by four steps of k at once: each number that is loaded is used four times. Rows are taken in fours from
    `b0` on, so the rounding of a row does not depend on how a batch is cut as long as cuts are multiples of four.
    """
    K, N = U.shape
    b = b0
    while b + 4 <= b1:
        h0, h1, h2, h3 = h[b, h_at:], h[b + 1, h_at:], h[b + 2, h_at:], h[b + 3, h_at:]
        o0, o1, o2, o3 = out[b, out_at:], out[b + 1, out_at:], out[b + 2, out_at:], out[b + 3, out_at:]
        k = 0
        while k + 4 <= K:
            u0, u1, u2, u3 = U[k], U[k + 1], U[k + 2], U[k + 3]
            p0, p1, p2, p3 = h0[k], h0[k + 1], h0[k + 2], h0[k + 3]
            q0, q1, q2, q3 = h1[k], h1[k + 1], h1[k + 2], h1[k + 3]
            r0, r1, r2, r3 = h2[k], h2[k + 1], h2[k + 2], h2[k + 3]
            s0, s1, s2, s3 = h3[k], h3[k + 1], h3[k + 2], h3[k + 3]
            for j in range(N):
                o0[j] += p0 * u0[j] + p1 * u1[j] + p2 * u2[j] + p3 * u3[j]
                o1[j] += q0 * u0[j] + q1 * u1[j] + q2 * u2[j] + q3 * u3[j]
                o2[j] += r0 * u0[j] + r1 * u1[j] + r2 * u2[j] + r3 * u3[j]
                o3[j] += s0 * u0[j] + s1 * u1[j] + s2 * u2[j] + s3 * u3[j]
            k += 4
        while k < K:
            u0 = U[k]
            for j in range(N):
                o0[j] += h0[k] * u0[j]
                o1[j] += h1[k] * u0[j]
                o2[j] += h2[k] * u0[j]
                o3[j] += h3[k] * u0[j]
            k += 1
        b += 4
    while b < b1:
        h0, o0 = h[b, h_at:], out[b, out_at:]
        k = 0
        while k + 4 <= K:
            u0, u1, u2, u3 = U[k], U[k + 1], U[k + 2], U[k + 3]
            p0, p1, p2, p3 = h0[k], h0[k + 1], h0[k + 2], h0[k + 3]
            for j in range(N):
                o0[j] += p0 * u0[j] + p1 * u1[j] + p2 * u2[j] + p3 * u3[j]
            k += 4
        while k < K:
            u0 = U[k]
            for j in range(N):
                o0[j] += h0[k] * u0[j]
            k += 1
        b += 1
