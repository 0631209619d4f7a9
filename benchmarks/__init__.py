"""Benchmarks: what README.md here says of them."""
