"""What was measured, judged and found about environments."""

from monitoring.models.alarms import Alarm, AlarmChange, Silence
from monitoring.models.builds import Build, BuildStatus
from monitoring.models.samples import AccountSample, Collection, Sample, Source, Spending
from monitoring.models.truth import EdgeTruth
from monitoring.models.watches import Verdict, Watch

__all__ = [
    "AccountSample",
    "Alarm",
    "AlarmChange",
    "Build",
    "BuildStatus",
    "Collection",
    "EdgeTruth",
    "Sample",
    "Silence",
    "Source",
    "Spending",
    "Verdict",
    "Watch",
]
