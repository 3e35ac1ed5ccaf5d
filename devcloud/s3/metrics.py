"""What S3 publishes about buckets, once a day."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from devcloud.cloudwatch.numbers import DAY, Metric, Place, Point
from devcloud.cloudwatch.statistics import StatisticSet
from devcloud.s3.store import Bucket

NAMESPACE = "AWS/S3"
STORAGE = {"BucketSizeBytes": "StandardStorage", "NumberOfObjects": "AllStorageTypes"}


@dataclass(frozen=True)
class BucketSizes:
    """How much each bucket holds, as it is now, for each whole day since it was made.

    AWS: a data point at midnight UTC that appears when the day is over; other versions and delete markers count.
    """

    buckets: Mapping[str, Bucket]

    def metrics(self, place: Place, now: float) -> Iterable[Metric]:
        for bucket in self.buckets.values():
            if (bucket.account, bucket.region) == place and bucket.created < now // DAY * DAY:
                yield from (_metric(bucket.name, name) for name in STORAGE)

    def points(
        self, place: Place, metric: Metric, start: float, end: float, period: int, now: float
    ) -> Iterator[Point]:
        bucket = self.buckets.get(dict(metric.dimensions).get("BucketName", ""))
        if bucket is None or (bucket.account, bucket.region) != place or metric.name not in STORAGE:
            return
        if metric != _metric(bucket.name, metric.name):
            return
        objects, size = bucket.stored
        told = StatisticSet()
        told.add(float(size if metric.name == "BucketSizeBytes" else objects))
        first = int(max(start, bucket.created) // DAY * DAY)
        for at in range(first, int(min(end, now // DAY * DAY)), DAY):
            yield Point(at, DAY, told)


def _metric(bucket: str, name: str) -> Metric:
    return Metric.of(NAMESPACE, name, {"BucketName": bucket, "StorageType": STORAGE[name]})
