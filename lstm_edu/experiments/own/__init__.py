"""A network for one's own text or series: what the commands train, sample, forecast and inspect stand on."""
