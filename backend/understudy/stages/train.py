"""Training: facesets in, a checkpoint out. The folder is the truth; a training takes up what lies there."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from understudy.config import TrainConfig
from understudy.domain.errors import BadCheckpoint, BadFaceset, Stopped, TrainingDiverged, WrongModelFamily
from understudy.domain.files import sweep_temporaries
from understudy.domain.job import Event, EventKind
from understudy.networks import checkpoint
from understudy.networks.card import RecipeCard, read_card
from understudy.networks.device import named_out_of_memory, pick_device, pick_precision, set_threads
from understudy.networks.faceset import LoadedFaceset
from understudy.networks.families import Swapper, make_swapper
from understudy.networks.preview import preview_samples, write_preview
from understudy.networks.preview_files import forget_later, preview_path, previews, thin_out
from understudy.networks.report import LossRow, read_history, write_history, write_report
from understudy.networks.start import begin, check_same_network
from understudy.networks.trainer import Trainer, planes_on_device

ALGORITHM = 1
WARM_STEPS = 50  # in which the learning rate rises, when weights are taken over
HISTORY_NAME = "losses.csv"
REPORT_NAME = "training_report.html"

Emit = Callable[[Event], None]


def train(
    facesets: Sequence[LoadedFaceset],
    config: TrainConfig,
    folder: Path,
    *,
    emit: Emit,
    stopping: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Train a swapper whose decoder i draws the person of `facesets[i]`; returns the final checkpoint.

    Goes on from the newest whole checkpoint in `folder`, exactly as if it had never stopped, and writes there
    the checkpoints, preview strips, `losses.csv` and `training_report.html`.
    Raises: BadFaceset, WrongModelFamily, ModelFileMissing, BadCheckpoint, DeviceOutOfMemory,
    TrainingDiverged (the last good checkpoint is kept), Stopped (after saving).
    """
    _check_facesets(facesets, config)
    folder.mkdir(parents=True, exist_ok=True)
    sweep_temporaries(folder, older_than_s=0)  # one worker at a time trains here
    set_threads(config.threads)
    exactly = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True)
    with named_out_of_memory(f"training {config.family} with batches of {config.batch} per person"), exactly:
        run = _Run(facesets, config, folder, emit=emit, clock=clock)
        while not run.finished:
            if stopping():
                run.save()
                run.report()
                raise Stopped(f"training stopped after iteration {run.trainer.iteration}; it can go on")
            run.step()
        run.save()
        run.show()
        run.report()
    return run.saved


def _check_facesets(facesets: Sequence[LoadedFaceset], config: TrainConfig) -> None:
    """Raises: BadFaceset when they do not fit each other or the settings."""
    if not facesets:
        raise BadFaceset("training needs at least one faceset")
    first = facesets[0]
    if len({one.person_id for one in facesets}) < len(facesets):
        raise BadFaceset("the same person was given twice; put a person's footage into one faceset")
    for one in facesets:
        if one.crop_type != config.crop_type:
            found = f"the faceset of {one.person_id} has {one.crop_type} crops"
            raise BadFaceset(f"{found}, the settings ask for {config.crop_type}")
        if one.encoding != first.encoding:
            raise BadFaceset(
                f"the faceset of {one.person_id} is in {one.encoding}, that of {first.person_id} in "
                f"{first.encoding}; curate both with the same encoding"
            )
        if (one.field, one.side_px) != (first.field, first.side_px):
            raise BadFaceset(f"the faceset of {one.person_id} was curated with other settings than the first")


class _Run:
    """A training under way: the trainer, and what was told, shown and saved of it so far."""

    def __init__(
        self,
        facesets: Sequence[LoadedFaceset],
        config: TrainConfig,
        folder: Path,
        *,
        emit: Emit,
        clock: Callable[[], float],
    ) -> None:
        self._facesets, self._config, self._folder = facesets, config, folder
        self._emit, self._clock = emit, clock
        self._people = tuple(one.person_id for one in facesets)
        self._trained_before_s, self._ancestors = 0.0, tuple[str, ...]()
        self._best = math.inf
        self.saved = Path()
        self.trainer = self._take_up()
        self._history = read_history(folder / HISTORY_NAME, up_to=self.trainer.iteration)
        forget_later(folder, self.trainer.iteration)
        self._samples = preview_samples(self.trainer.planes, size_px=config.size_px, field=facesets[0].field)
        self._sums: dict[str, Tensor] = {}
        self._summed = 0
        self._began = self._told_at = self._saved_at = self._shown_at = clock()
        self._first_iteration = self.trainer.iteration

    def _take_up(self) -> Trainer:
        """The trainer as the newest whole checkpoint left it, or a fresh one."""
        device = pick_device(self._config.device)
        planes = [planes_on_device(one, self._config, device) for one in self._facesets]
        precision = pick_precision(self._config.precision, device)

        def trainer_of(model: Swapper) -> Trainer:
            field = self._facesets[0].field
            return Trainer(model, planes, self._config, field=field, device=device, precision=precision)

        for path in reversed(checkpoint.list_checkpoints(self._folder)):
            try:
                return self._resume(path, trainer_of)
            except BadCheckpoint as cause:
                self._emit(Event(kind=EventKind.NOTE, message=f"{cause}; trying the one before"))
        model, self._ancestors = begin(self._config, self._people, self._facesets[0].encoding)
        return trainer_of(model)

    def _resume(self, path: Path, trainer_of: Callable[[Swapper], Trainer]) -> Trainer:
        card = read_card(path)
        check_same_network(card, self._config, where=path)
        if card.encoding != self._facesets[0].encoding:
            raise WrongModelFamily(
                f"{path} sees {card.encoding}, the facesets are in {self._facesets[0].encoding}; train in "
                "another folder"
            )
        if card.people != self._people:
            raise WrongModelFamily(f"{path} draws other people; train in another folder")
        model = make_swapper(
            self._config.family, size_px=card.size_px, people=len(card.people), learn_mask=card.learn_mask
        )
        checkpoint.put_weights(model, checkpoint.load(path, "model/"), where=path)
        trainer = trainer_of(model)
        trainer.restore(checkpoint.load(path, "optim/"), checkpoint.load(path, "rng/"))
        self._trained_before_s, self._ancestors, self.saved = card.trained_s, card.ancestors, path
        if (best := self._folder / checkpoint.BEST_NAME).exists():
            self._best = read_card(best).losses.get("total", math.inf)
        return trainer

    @property
    def trained_s(self) -> float:
        """Training time, that of earlier sittings included."""
        return self._trained_before_s + self._clock() - self._began

    @property
    def _share_done(self) -> float:
        by_iterations = self.trainer.iteration / self._config.iterations
        limit_s = self._config.minutes * 60
        return max(by_iterations, self.trained_s / limit_s if limit_s else 0.0)

    @property
    def finished(self) -> bool:
        return self._share_done >= 1.0

    def step(self) -> None:
        """One iteration, and whatever is due after it."""
        decay = self._config.learning_rate_decay
        cosine = (1 + math.cos(math.pi * min(1.0, self._share_done))) / 2
        # Learned weights are easily shaken by the first steps of an optimizer that knows no history.
        rise = min(1.0, (self.trainer.iteration + 1) / WARM_STEPS) if self._ancestors else 1.0
        losses = self.trainer.step(self._config.learning_rate * rise * (decay + (1 - decay) * cosine))
        for name, value in losses.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value.clone()
        self._summed += 1
        now = self._clock()
        # Few people read ten thousand points; a long training tells its losses less often.
        if now - self._told_at >= max(1.0, self.trained_s / 2000) or self.trainer.iteration == 1:
            self.tell()
        if now - self._shown_at >= self._config.preview_s:
            self.show()
        if now - self._saved_at >= self._config.checkpoint_s:
            self.save()

    def tell(self) -> None:
        """Read the losses off the device and emit them with the rate. Raises: TrainingDiverged."""
        if not self._summed:
            return
        means = {name: float(value) / self._summed for name, value in self._sums.items()}
        self._check_finite(means)
        iteration, per_step = self.trainer.iteration, self.trainer.crops_per_step
        rate = self._rate()
        self._history.append(LossRow(iteration=iteration, trained_s=self.trained_s, losses=means))
        self._emit(Event(kind=EventKind.LOSSES, done=iteration, values=means))
        share = max(self._share_done, 1e-9)
        remaining_s = max(0.0, self.trained_s * (1 / share - 1))
        total = min(self._config.iterations, round(iteration / min(share, 1.0)))
        self._emit(
            Event(
                kind=EventKind.PROGRESS, unit="crops", done=iteration * per_step, total=total * per_step,
                rate=rate, remaining_s=remaining_s,
                values={"iteration": float(iteration), "loss": round(means["total"], 4)},
            )
        )  # fmt: skip
        self._sums, self._summed, self._told_at = {}, 0, self._clock()

    def _check_finite(self, losses: dict[str, float]) -> None:
        if all(map(math.isfinite, losses.values())) and self.trainer.is_sound():
            return
        kept = self.saved.name
        good = f"the last good state is {kept}" if kept else "no checkpoint had been written"
        raise TrainingDiverged(
            f"the losses became undefined before iteration {self.trainer.iteration}; {good}. "
            "Lower train.learning_rate, or start from another checkpoint"
        )

    def _rate(self) -> float:
        """Crops of all sides a second, since this sitting began."""
        steps = self.trainer.iteration - self._first_iteration
        return steps * self.trainer.crops_per_step / max(self._clock() - self._began, 1e-9)

    def show(self) -> None:
        """Write the preview strip and say so."""
        target = preview_path(self._folder, self.trainer.iteration)
        write_preview(self.trainer.model, self._samples, target, self._facesets[0].encoding)
        thin_out(self._folder)
        self._emit(Event(kind=EventKind.PREVIEW, path=str(target), done=self.trainer.iteration))
        self._shown_at = self._clock()

    def save(self) -> None:
        """Write a checkpoint, unless the last one is of this iteration. Raises: TrainingDiverged."""
        self.tell()
        target = checkpoint.checkpoint_path(self._folder, self.trainer.iteration)
        if target == self.saved:
            return
        card = self._card()
        checkpoint.save(target, card, self.trainer.state())
        self.saved = target
        if (total := card.losses.get("total", math.inf)) <= self._best:
            self._best = total
            checkpoint.mark_best(self._folder, target)
        checkpoint.keep_recent(self._folder)
        write_history(self._history, self._folder / HISTORY_NAME)
        self._saved_at = self._clock()

    def report(self) -> None:
        """Write the training report from what was saved."""
        newest = max(previews(self._folder).items(), default=(0, None))[1]
        target = self._folder / REPORT_NAME
        write_report(self._card(), self._history, newest, target)
        self._emit(Event(kind=EventKind.RESULT, path=str(target), message="training report"))

    def _card(self) -> RecipeCard:
        recent = self._history[-20:]
        names = recent[-1].losses if recent else {}
        steps = self.trainer.iteration > self._first_iteration
        return RecipeCard(
            family=self._config.family,
            size_px=self._config.size_px,
            crop_type=self._config.crop_type,
            encoding=self._facesets[0].encoding,
            people=self._people,
            learn_mask=self.trainer.model.learn_mask,
            config=self._config,
            iterations=self.trainer.iteration,
            trained_s=self.trained_s,
            crops_per_s=self._rate() if steps else 0.0,
            faceset_sha256=tuple(one.sha256 for one in self._facesets),
            algorithm=ALGORITHM,
            precision=str(self.trainer.precision).removeprefix("torch."),
            losses={name: sum(row.losses[name] for row in recent) / len(recent) for name in names},
            ancestors=self._ancestors,
        )
