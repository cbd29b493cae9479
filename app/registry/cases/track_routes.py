from typing import Annotated, Any, Literal
from uuid import UUID

from app.core.paging import Paged
from app.core.problems import PROBLEM_CONTENT
from app.registry.cases import assigning, deadlines, milestones, tracks
from app.registry.cases.on_case import OnCase
from app.registry.cases.track_schemas import (
    DeadlineOut,
    MilestoneIn,
    MilestoneOut,
    MovesOut,
    PathwayEndIn,
    PathwayIn,
    PathwayOut,
    SettlementIn,
    TrackIn,
    TrackOut,
    TransitionIn,
    TransitionOut,
)
from app.registry.pathways.codes import KnownMilestone, KnownTrack
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Day, Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(tags=["tracks"])
CLOSED: dict[int | str, dict[str, Any]] = {
    409: {"description": "The case is closed: nothing moves", "content": PROBLEM_CONTENT}
}
State = Literal["running", "met", "ended"]


@router.get("/cases/{case_id}/tracks")
def list_tracks(
    work: Annotated[UnitOfWork, OnCase("track.read")], page: Paged
) -> Shown[Page[TrackOut]]:
    return work.page(TrackOut, page)


@router.post("/cases/{case_id}/tracks", status_code=201)
def open_track(
    given: TrackIn, work: Annotated[UnitOfWork, OnCase("track.open")]
) -> Shown[TrackOut]:
    return work.show(TrackOut, tracks.open_by_hand(work, given))


@router.get("/cases/{case_id}/tracks/{track}")
def read_track(track: str, work: Annotated[UnitOfWork, OnCase("track.read")]) -> Shown[TrackOut]:
    return work.read(TrackOut, tracks.the_track(work, track)["id"])


@router.get("/cases/{case_id}/tracks/{track}/moves", responses=CLOSED)
def list_moves(
    track: str, work: Annotated[UnitOfWork, OnCase("track.read")], language: str = "en"
) -> Shown[MovesOut]:
    return work.tell(MovesOut, **tracks.possible(work, track, language))


@router.get("/cases/{case_id}/tracks/{track}/transitions")
def list_transitions(
    track: str, work: Annotated[UnitOfWork, OnCase("transition.read")], page: Paged
) -> Shown[Page[TransitionOut]]:
    return work.page(TransitionOut, page, track=tracks.the_track(work, track)["code"])


@router.post("/cases/{case_id}/tracks/{track}/transitions")
def move_track(
    track: str, given: TransitionIn, work: Annotated[UnitOfWork, OnCase("track.move")]
) -> Shown[TrackOut]:
    return work.show(TrackOut, tracks.move(work, track, given))


@router.get("/cases/{case_id}/milestones")
def list_milestones(
    work: Annotated[UnitOfWork, OnCase("milestone.read")],
    page: Paged,
    code: KnownMilestone | None = None,
) -> Shown[Page[MilestoneOut]]:
    return work.page(MilestoneOut, page, code=code)


@router.post("/cases/{case_id}/milestones", status_code=201)
def state_milestone(
    given: MilestoneIn, work: Annotated[UnitOfWork, OnCase("milestone.reach")]
) -> Shown[MilestoneOut]:
    return work.show(MilestoneOut, milestones.state(work, given))


@router.get("/cases/{case_id}/milestones/{milestone_id}")
def read_milestone(
    milestone_id: UUID, work: Annotated[UnitOfWork, OnCase("milestone.read")]
) -> Shown[MilestoneOut]:
    return work.read(MilestoneOut, milestone_id)


@router.get("/cases/{case_id}/pathways")
def list_pathways(
    work: Annotated[UnitOfWork, OnCase("pathway.read")], page: Paged
) -> Shown[Page[PathwayOut]]:
    return work.page(PathwayOut, page)


@router.post("/cases/{case_id}/pathways", status_code=201)
def assign_pathway(
    given: PathwayIn, work: Annotated[UnitOfWork, OnCase("pathway.assign")]
) -> Shown[PathwayOut]:
    return work.show(PathwayOut, assigning.assign(work, given))


@router.get("/cases/{case_id}/pathways/{assignment_id}")
def read_pathway(
    assignment_id: UUID, work: Annotated[UnitOfWork, OnCase("pathway.read")]
) -> Shown[PathwayOut]:
    return work.read(PathwayOut, assignment_id)


@router.post("/cases/{case_id}/pathways/{assignment_id}/end")
def end_pathway(
    assignment_id: UUID, given: PathwayEndIn, work: Annotated[UnitOfWork, OnCase("pathway.end")]
) -> Shown[PathwayOut]:
    return work.show(PathwayOut, assigning.end(work, assignment_id, given))


@router.get("/cases/{case_id}/deadlines")
def list_deadlines(
    work: Annotated[UnitOfWork, OnCase("deadline.read")],
    page: Paged,
    status: State | None = None,
    track: KnownTrack | None = None,
) -> Shown[Page[DeadlineOut]]:
    return work.page(DeadlineOut, page, status=status, track=track)


@router.post("/cases/{case_id}/deadlines/{deadline_id}/meet")
def meet_deadline(
    deadline_id: UUID, given: SettlementIn, work: Annotated[UnitOfWork, OnCase("deadline.meet")]
) -> Shown[DeadlineOut]:
    return work.show(DeadlineOut, deadlines.settle_by_hand(work, deadline_id, given))


@router.get("/deadlines")
def list_my_deadlines(
    work: Annotated[UnitOfWork, Permit("deadline.read")],
    page: Paged,
    status: State = "running",
    due_before: Day | None = None,
) -> Shown[Page[DeadlineOut]]:
    """Of every case within the caller's reach, the earliest first."""
    return work.page(DeadlineOut, page, deadlines.before(due_before), status=status)
