"""Training of a dictionary while the base model reads text; nothing of the activations is kept."""

import logging
import math
import shutil
import time
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from clt_core.batches import Batch, read_sequences, shuffled_batches
from clt_core.config import TrainConfig
from clt_core.dictionary import save_weights
from clt_core.dictionary_meta import DictionaryMeta
from clt_core.errors import InputError
from clt_core.evaluation import Evaluation, examine, held_out_sequences
from clt_core.events import Events
from clt_core.feature_data import write_feature_data
from clt_core.files import replacing
from clt_core.models import LoadedModel, load, resolve_device, token_texts
from clt_core.objective import Objective, initialise, objective
from clt_core.standardiser import Standardiser
from clt_core.text import packed, text_hash
from clt_core.transcoders import Transcoder

logger = logging.getLogger(__name__)

INPUT_HOOK, OUTPUT_HOOK = "mlp.hook_in", "hook_mlp_out"
WARM_UP = 0.05
"""Share of the steps over which the learning rate rises; the first step is already below the peak."""
DECAY_FROM = 0.3
"""Share of the steps after which the learning rate falls, linearly to zero."""
SPARSITY_RAMP = 0.7
"""Share of the steps over which λ_0 rises linearly to its final value."""
MIN_THRESHOLD = 1e-3
CLIP_NORM = 1.0
REPORT_SECONDS = 2.0


def train(config: TrainConfig, workspace: Path, events: Events) -> DictionaryMeta:
    """Train a dictionary into `dictionaries/<name>` of the workspace, evaluate it, and collect its features' examples.

    Raises:
        InputError: if the name is taken, the model or the text cannot be had, or the disk has no room for the result.
    """
    directory = workspace / "dictionaries" / config.name
    _require_free(directory)
    started = time.monotonic()
    events.progress(0.0, "load the model")
    device = resolve_device(config.device)
    loaded = load(config.model, workspace / "models", device=device, events=events.part(0, 0.03))
    _require_context(config, loaded)
    _require_room(config, loaded, workspace)
    events.progress(0.03, "read the text")
    held_out = held_out_sequences(
        loaded,
        config.text,
        workspace / "text",
        events.part(0.03, 0.06),
        context=config.context,
        n_tokens=config.n_held_out_tokens,
        seed=config.seed,
    )
    transcoder = _trained(config, loaded, workspace / "text", events.part(0.06, 0.85))
    n_held_out = len(held_out) * (config.context - 1)
    evaluation = examine(transcoder, read_sequences(loaded, held_out), n_held_out, events.part(0.85, 0.95))
    meta = _described(config, loaded, transcoder, evaluation, workspace / "text", seconds=time.monotonic() - started)
    _save(directory, transcoder, meta, loaded, evaluation, events.part(0.95, 1))
    return meta


def _described(
    config: TrainConfig, loaded: LoadedModel, transcoder: Transcoder, evaluation: Evaluation, text_dir: Path, *, seconds: float
) -> DictionaryMeta:
    """What is to be known of a dictionary whose training took `seconds`."""
    return DictionaryMeta(
        name=config.name,
        architecture=config.architecture,
        window=config.window,
        activation="jumprelu",
        model=config.model,
        model_hash=loaded.hash,
        n_layers=transcoder.n_layers,
        n_features=transcoder.n_features,
        d_model=transcoder.d_model,
        input_hook=INPUT_HOOK,
        output_hook=OUTPUT_HOOK,
        training=asdict(config) | {"seconds": seconds, "device": str(transcoder.b_dec.device)},
        metrics=evaluation.metrics,
        provenance={
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "torch": torch.__version__,
            "text_hash": text_hash(config.text, text_dir),
        },
    )


def _require_free(directory: Path) -> None:
    if directory.exists():
        raise InputError(f"there is a dictionary {directory.name} already: choose another name, or delete that one first")


def _require_context(config: TrainConfig, loaded: LoadedModel) -> None:
    if config.context > loaded.cfg.n_ctx:
        raise InputError(f"context must be at most {loaded.cfg.n_ctx}, which {config.model} reads, got {config.context}")


def _require_room(config: TrainConfig, loaded: LoadedModel, workspace: Path) -> None:
    """Raise InputError unless the disk has room for the weights and a tenth more."""
    n_layers = loaded.cfg.n_layers
    n_decoders = n_layers if config.architecture == "plt" else n_layers * (n_layers + 1) // 2
    needed = 1.1 * 4 * config.n_features * loaded.cfg.d_model * (n_layers + n_decoders)
    free = shutil.disk_usage(workspace).free
    if needed > free:
        raise InputError(
            f"the dictionary needs {needed / 1e9:.1f} GB on disk and {free / 1e9:.1f} GB are free: "
            "free space, or train fewer features"
        )


def learning_rate(step: int, n_steps: int, peak: float) -> float:
    """The rate of step 0, 1, …: up from the first step, then constant, then linearly down towards zero."""
    warm = min(1.0, (step + 1) / max(1, math.ceil(WARM_UP * n_steps)))
    return peak * warm * min(1.0, (n_steps - step) / max(1, (1 - DECAY_FROM) * n_steps))


def _trained(config: TrainConfig, loaded: LoadedModel, text_dir: Path, events: Events) -> Transcoder:
    """A transcoder between the model's own units, trained on `config.n_tokens` tokens."""
    device = torch.device(loaded.cfg.device or "cpu")
    generator = torch.Generator().manual_seed(config.seed)
    sequences = packed(
        loaded.tokenizer, config.text, text_dir, context=config.context, held_out=False, seed=config.seed, repeat=True
    )
    batches = shuffled_batches(read_sequences(loaded, sequences), batch_tokens=config.batch_tokens, generator=generator)
    sample = list(islice(batches, max(1, math.ceil(4096 / config.batch_tokens))))
    x, m = torch.cat([batch.x for batch in sample]), torch.cat([batch.m for batch in sample])
    standardiser = Standardiser.fit(x, m)
    transcoder = Transcoder(
        n_layers=loaded.cfg.n_layers,
        n_features=config.n_features,
        d_model=loaded.cfg.d_model,
        window=1 if config.architecture == "plt" else config.window,
    ).to(device)
    initialise(transcoder, standardiser.inputs(x), standardiser.outputs(m), config, generator)
    batches = chain(iter(sample), batches)
    del x, m, sample  # of a large model they are gigabytes; the iterator lets go of the sample once it is used up
    steps = _Steps(config, transcoder, standardiser, events)
    for batch in islice(batches, steps.n_steps):
        steps.take(batch)
    standardiser.fold(transcoder)
    return transcoder


class _Steps:
    """The optimiser, its schedules, and what they report."""

    def __init__(self, config: TrainConfig, transcoder: Transcoder, standardiser: Standardiser, events: Events):
        self.config, self.transcoder, self.standardiser, self.events = config, transcoder, standardiser, events
        self.n_steps = math.ceil(config.n_tokens / config.batch_tokens)
        self.step = 0
        self.optimiser = torch.optim.Adam(transcoder.parameters(), lr=config.learning_rate, betas=(0.9, 0.99), fused=True)
        self.last_fired = torch.zeros_like(transcoder.b_enc, dtype=torch.long, requires_grad=False)
        self.started = self.reported = time.monotonic()

    def take(self, batch: Batch) -> None:
        """One step of the optimiser on one batch in the model's own units."""
        config, transcoder = self.config, self.transcoder
        x, m = self.standardiser.inputs(batch.x), self.standardiser.outputs(batch.m)
        sparsity = config.sparsity * min(1.0, (self.step + 1) / (SPARSITY_RAMP * self.n_steps))
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.step, self.n_steps, config.learning_rate)
        self.optimiser.zero_grad(set_to_none=True)
        result = objective(transcoder, x, m, config, sparsity=sparsity)
        result.loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(transcoder.parameters(), CLIP_NORM)
        if not torch.isfinite(norm):
            raise InputError(f"training diverged at step {self.step}: lower learning_rate, which is {config.learning_rate}")
        self.optimiser.step()
        with torch.no_grad():
            transcoder.threshold.clamp_(min=MIN_THRESHOLD)
        self.step += 1
        self.last_fired[result.fired] = self.step
        now = time.monotonic()
        if now - self.reported > REPORT_SECONDS or self.step in (1, self.n_steps):
            self.reported = now
            self._report(result, m, now)

    def _report(self, result: Objective, m: Float[Tensor, "token layer d_model"], now: float) -> None:
        config = self.config
        n_tokens = self.step * config.batch_tokens
        spread = (m - m.mean(0)).square().sum(2).mean(0)
        explained = 1 - result.squared_error / spread.clamp_min(1e-12)
        window = max(1, self.n_steps // 4)
        values: dict[str, Any] = {
            "tokens": n_tokens,
            "loss": result.loss.item(),
            "explained_variance": explained.mean().item(),
            "l0": result.l0.mean().item(),
            "dead": (self.last_fired < self.step - window).double().mean().item(),
            "tokens_per_second": n_tokens / (now - self.started),
            "explained_variance_by_layer": explained.tolist(),
            "l0_by_layer": result.l0.tolist(),
        }
        self.events.metrics(self.step, **values)
        self.events.progress(self.step / self.n_steps, f"train: {n_tokens:,} of {config.n_tokens:,} tokens")
        shown = {name: round(value, 4) for name, value in values.items() if isinstance(value, float)}
        logger.info("step %d of %d: %s", self.step, self.n_steps, shown)


def _save(
    directory: Path, transcoder: Transcoder, meta: DictionaryMeta, loaded: LoadedModel, evaluation: Evaluation, events: Events
) -> None:
    """Put the dictionary and its feature data in place, whole or not at all."""
    texts = token_texts(loaded.tokenizer, range(loaded.cfg.d_vocab))
    with replacing(directory) as temporary:
        (temporary / "features").mkdir(parents=True)
        save_weights(transcoder, meta, temporary)
        part = temporary / "features" / "part-00000.parquet"
        for fraction in write_feature_data(part, transcoder, loaded.hooked(), evaluation, texts):
            events.progress(fraction, "save the features")
        _require_free(directory)  # another training may have taken the name meanwhile
