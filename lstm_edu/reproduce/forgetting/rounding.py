"""What a note says where kept trials depend on how a processor rounds sums over sources."""

ROUNDED = (
    "Kept are trials with AVX-512. With AVX2 sums are rounded otherwise, and from the same seeds a trial ends "
    "elsewhere: "
)
