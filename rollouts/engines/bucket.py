"""Who is on at which percentage: one rule, on the server's side only.

murmur3_32 of salt + ":" + key, taken as a fraction of 2^32 and spread over 100,000 buckets; the lowest
buckets are on. So raising the percentage removes nobody, and two rollouts choose independently.
"""

import mmh3

BUCKETS = 100_000


def bucket(salt: str, key: str) -> int:
    """The bucket of `key`, from 0 to 99,999."""
    return (mmh3.hash(f"{salt}:{key}", signed=False) * BUCKETS) >> 32


def is_on(salt: str, key: str, percent: float) -> bool:
    """Whether `key` is among the lowest `percent` of all buckets."""
    return bucket(salt, key) < round(percent * BUCKETS / 100)
