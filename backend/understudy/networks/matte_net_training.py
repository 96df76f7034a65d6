"""A matte net's training from labels to a finished file: phases, what is told, shown and saved of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from understudy.config import MatteNetConfig
from understudy.domain.errors import BadCheckpoint, Stopped, TrainingDiverged, WrongModelFamily
from understudy.domain.job import Event, EventKind
from understudy.networks.checkpoint import load
from understudy.networks.device import pick_device, pick_precision
from understudy.networks.matte_net import make_matte_net
from understudy.networks.matte_net_augment import label_planes
from understudy.networks.matte_net_checkpoint import (
    NET_NAME,
    TRAINING_NAME,
    MatteNetCard,
    check_fits,
    load_weights,
    read_matte_card,
    save_matte_net,
)
from understudy.networks.matte_net_labels import Label
from understudy.networks.matte_net_preview import write_matte_preview
from understudy.networks.matte_net_trainer import MatteTrainer, iou
from understudy.networks.preview_files import forget_later, preview_path, thin_out

HELD_OUT_EVERY = (
    5  # one label in so many is kept back at first, to see how the net does on a frame it never saw
)
CHECKED_AT = 0.35  # share of the training after which it is looked at and learnt from too
WARM_STEPS = 30
_LAST_RATE = 0.02  # share of the learning rate that is left at the end
_SECOND_RATE = 0.7  # share with which training on all labels begins
_CONTINUED_RATE = 0.5  # the same when weights are taken over

Emit = Callable[[Event], None]


@dataclass(frozen=True, kw_only=True)
class Start:
    """A trained net to go on from."""

    path: Path
    sha256: str
    card: MatteNetCard


def train_net(
    labels: Sequence[Label],
    *,
    start: Start | None,
    config: MatteNetConfig,
    card: MatteNetCard,
    folder: Path,
    emit: Emit,
    stopping: Callable[[], bool],
    clock: Callable[[], float],
) -> Path:
    """Train on labels and write `net.safetensors` into `folder`; goes on from `training.safetensors` there.

    `card` says what the net is made from. Raises: BadCheckpoint, WrongModelFamily, TrainingDiverged,
    DeviceOutOfMemory, Stopped (after saving).
    """
    run = _Run(labels, start, config, card, folder, emit=emit, clock=clock)
    while not run.finished:
        if stopping():
            run.save()
            raise Stopped(f"training stopped after iteration {run.trainer.iteration}; it can go on")
        run.step()
    return run.finish()


class _Run:
    """A training under way."""

    def __init__(
        self,
        labels: Sequence[Label],
        start: Start | None,
        config: MatteNetConfig,
        card: MatteNetCard,
        folder: Path,
        *,
        emit: Emit,
        clock: Callable[[], float],
    ) -> None:
        self._config, self._folder, self._emit, self._clock = config, folder, emit, clock
        self._start = start
        device = pick_device(config.device)
        precision = pick_precision(config.precision, device)
        self._card = replace(card, precision=str(precision).removeprefix("torch."))
        planes = label_planes(labels, device)

        def fresh() -> MatteTrainer:
            net = make_matte_net(seed=config.seed)
            return MatteTrainer(net, planes, config, device=device, precision=precision)

        self._all = torch.arange(len(labels), device=device)
        self._held = self._held_out(labels)
        self._taught = self._all[~torch.isin(self._all, self._held)]
        self._sums: dict[str, Tensor] = {}
        self._summed = 0
        self._trained_before_s = 0.0
        self.trainer = self._take_up(fresh)
        forget_later(folder, self.trainer.iteration)
        self._began = self._told_at = self._saved_at = self._shown_at = clock()
        self._first_iteration = self.trainer.iteration

    def _held_out(self, labels: Sequence[Label]) -> Tensor:
        """Labels to check the net by: new ones when it goes on from weights, else one in five, spread out."""
        if self._start:
            known = set(self._start.card.labels)
            return self._all[torch.tensor([label.source not in known for label in labels])]
        count = len(labels) // HELD_OUT_EVERY
        places = (torch.arange(count) + 0.5) * len(labels) / max(1, count)
        return self._all[places.long()]

    def _take_up(self, fresh: Callable[[], MatteTrainer]) -> MatteTrainer:
        """Weights and state as a broken-off training or the net to start from left them."""
        path = self._folder / TRAINING_NAME
        if path.exists():
            try:
                return self._resumed(path, fresh())
            except (BadCheckpoint, WrongModelFamily) as cause:
                self._emit(Event(kind=EventKind.NOTE, message=f"{cause}; training begins anew"))
        trainer = fresh()
        if self._start:
            check_fits(self._start.card, self._config, where=self._start.path)
            load_weights(trainer.net, self._start.path)
            if len(self._held):
                self._check(trainer, "before the new labels were learnt")
        return trainer

    def _resumed(self, path: Path, trainer: MatteTrainer) -> MatteTrainer:
        card = read_matte_card(path)
        made_from = card.label_sha256, card.config, card.ancestors
        if made_from != (self._card.label_sha256, self._card.config, self._card.ancestors):
            raise BadCheckpoint(f"{path} was made from other labels or settings")
        load_weights(trainer.net, path)
        trainer.restore(load(path, "optim/"), load(path, "rng/"))
        self._card, self._trained_before_s = card, card.trained_s
        return trainer

    @property
    def _trained_s(self) -> float:
        return self._trained_before_s + self._clock() - self._began

    @property
    def _share_done(self) -> float:
        limit_s, iteration = self._config.minutes * 60, self.trainer.iteration
        by_iterations = iteration / self._config.iterations if self._config.iterations else 1.0
        return max(by_iterations, self._trained_s / limit_s if limit_s else 0.0)

    @property
    def finished(self) -> bool:
        return self._share_done >= 1.0

    @property
    def _holding_out(self) -> bool:
        return not self._start and len(self._held) > 0 and not self._card.validation

    def step(self) -> None:
        """One iteration, and whatever is due before and after it."""
        share = self._share_done
        if self._holding_out and share >= CHECKED_AT:
            self._check(self.trainer, "before they were learnt")
        losses = self.trainer.step(self._rate_at(share), self._taught if self._holding_out else self._all)
        for name, value in losses.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value.clone()
        self._summed += 1
        now = self._clock()
        if now - self._told_at >= 1.0 or self.trainer.iteration == 1:
            self.tell()
        if now - self._shown_at >= self._config.preview_s:
            self.show()
        if now - self._saved_at >= self._config.checkpoint_s:
            self.save()

    def _rate_at(self, share: float) -> float:
        """Learning rate: two falling half waves, one for each phase, after a short rise."""
        rise = min(1.0, (self.trainer.iteration + 1) / WARM_STEPS)
        if self._holding_out:
            first, place = 1.0, share / CHECKED_AT
        elif self._start or not len(self._held):
            first, place = (_CONTINUED_RATE if self._start else 1.0), share
        else:
            first, place = _SECOND_RATE, (share - CHECKED_AT) / (1 - CHECKED_AT)
        wave = (1 + math.cos(math.pi * min(1.0, max(0.0, place)))) / 2
        return self._config.learning_rate * rise * first * (_LAST_RATE + (1 - _LAST_RATE) * wave)

    def _check(self, trainer: MatteTrainer, when: str) -> None:
        """How the net does on the labels that were held out; kept in the card and told."""
        found = iou(trainer.proposals(self._held), trainer.truth(self._held))
        values = {"validation_iou": float(found.mean()), "validation_labels": float(len(found))}
        self._card = replace(self._card, validation=values)
        message = f"{len(found)} held-out labels {when}: mean IoU {values['validation_iou']:.3f}"
        self._emit(Event(kind=EventKind.LOSSES, done=trainer.iteration, values=values))
        self._emit(Event(kind=EventKind.NOTE, message=message))

    def tell(self) -> None:
        """Emit the mean losses since the last time, and the rate. Raises: TrainingDiverged."""
        if not self._summed:
            return
        means = {name: float(value) / self._summed for name, value in self._sums.items()}
        if not (all(map(math.isfinite, means.values())) and self.trainer.is_sound()):
            raise TrainingDiverged(
                f"the losses became undefined before iteration {self.trainer.iteration}; "
                "lower matte_net.learning_rate"
            )
        iteration, batch = self.trainer.iteration, self._config.batch
        self._card = replace(self._card, losses=means)
        self._emit(Event(kind=EventKind.LOSSES, done=iteration, values=means))
        share, trained_s = max(self._share_done, 1e-9), self._trained_s
        steps_per_s = (iteration - self._first_iteration) / max(self._clock() - self._began, 1e-9)
        self._emit(
            Event(
                kind=EventKind.PROGRESS, unit="views", done=iteration * batch,
                total=round(iteration / min(share, 1.0)) * batch, rate=steps_per_s * batch,
                remaining_s=max(0.0, trained_s * (1 / share - 1)),
                values={"iteration": float(iteration), "loss": round(means["total"], 4)},
            )
        )  # fmt: skip
        self._sums, self._summed, self._told_at = {}, 0, self._clock()

    def show(self) -> None:
        """Write the preview and say so."""
        target = preview_path(self._folder, self.trainer.iteration)
        write_matte_preview(self.trainer, self._held, target)
        thin_out(self._folder)
        self._emit(Event(kind=EventKind.PREVIEW, path=str(target), done=self.trainer.iteration))
        self._shown_at = self._clock()

    def save(self) -> None:
        """Write the whole state, so that a broken-off training can go on. Raises: TrainingDiverged."""
        self.tell()
        save_matte_net(self._folder / TRAINING_NAME, self._card_now(), self.trainer.state())
        self._saved_at = self._clock()

    def finish(self) -> Path:
        """Write the net and take the training state away."""
        self.tell()
        self.show()
        target = self._folder / NET_NAME
        weights = {name: value for name, value in self.trainer.state().items() if name.startswith("model/")}
        save_matte_net(target, self._card_now(), weights)
        (self._folder / TRAINING_NAME).unlink(missing_ok=True)
        return target

    def _card_now(self) -> MatteNetCard:
        return replace(self._card, iterations=self.trainer.iteration, trained_s=self._trained_s)
