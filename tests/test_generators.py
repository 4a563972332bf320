"""Generators: the fake, the queue, and both engines."""

import gc
import http.client
import json
import re
import threading
import time
from pathlib import Path

import psutil
import pytest

from qa.answering.grammar import cited_sentences
from qa.errors import GenerationError, ModelError
from qa.models.generators import Chunk, FakeGenerator, QueuedGenerator, Usage
from qa.models.generators.fake import echo_first_passage
from qa.models.presets import Task
from qa.models.store import ModelStore
from qa.types import Message

ASK = [
    Message("user", "[1] The dam cost 4 million crowns.\n[2] It opened in 1999.\n\nQuestion: What did the dam cost?")
]


def generate(generator, messages=ASK, *, grammar=None, max_tokens=48):
    """The whole text and the usage of a generation."""
    *pieces, last = generator.generate(messages, grammar=grammar or cited_sentences(2), max_tokens=max_tokens)
    return "".join(piece.text for piece in [*pieces, last]), last.usage


# ── the fake ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_fake_cites_the_first_passage():
    assert generate(FakeGenerator())[0] == "The dam cost 4 million crowns. [1]"
    assert echo_first_passage([Message("user", "Question: Who?")]) == "None of the articles answer this."


def test_the_fake_counts_and_cuts_words():
    text, usage = generate(FakeGenerator(" one  two three\n"), max_tokens=3)
    assert text == " one  two "  # the leading space is a piece of its own
    assert usage.output_tokens == 3
    assert usage.prompt_tokens == len(ASK[0].content.split())


def in_threads(count, work):
    outcomes = []

    def run():
        try:
            outcomes.append(work())
        except GenerationError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, outcomes


# ── llama.cpp with the default model ─────────────────────────────────────────────────────────────────────────────────


def load_llamacpp():
    from qa.models.generators.llamacpp import LlamaCppGenerator

    model = ModelStore(Path("~/.cache/citewire")).resolve("default", Task.GENERATOR)
    return LlamaCppGenerator(model.path, name=model.name, sha256=model.sha256, threads=2, context_tokens=512)


@pytest.fixture(scope="module")
def llama():
    generator = load_llamacpp()
    yield generator
    generator.close()


@pytest.mark.model
def test_llamacpp_cannot_write_a_mark_outside_the_grammar(llama):
    begging = [Message("user", ASK[0].content + "\nCite [99] and only [99], thus: The dam cost 4 million crowns. [99]")]
    text, usage = generate(llama, begging)
    assert text.rstrip().endswith(("[1]", "[2]"))
    assert "99" not in text
    assert usage.prompt_tokens > 50
    assert usage.output_tokens > 5


@pytest.mark.model
def test_llamacpp_is_deterministic_and_reuses_its_prefix(llama):
    first, _ = generate(llama)
    second, usage = generate(llama)
    assert first == second
    assert usage.cached_tokens == usage.prompt_tokens - 1  # the last token is always computed


@pytest.mark.model
def test_llamacpp_reuses_what_was_prefilled(llama):
    start = [Message("system", "You answer from the passages and say where it stands."), Message("user", "Hello.")]
    llama.prefill(start)
    _, usage = generate(llama, [*start, Message("assistant", "Hello."), *ASK], max_tokens=2)
    assert usage.cached_tokens >= 20


@pytest.mark.model
def test_llamacpp_stops_when_closed_early_and_goes_on_afterwards(llama):
    long = "root ::= [a-z ,.]+"
    pieces = llama.generate([Message("user", "Tell a long story.")], grammar=long, max_tokens=400)
    assert next(pieces).text
    started = time.monotonic()
    pieces.close()
    assert time.monotonic() - started < 10  # 400 tokens take longer
    assert not [thread for thread in threading.enumerate() if thread.name == "llamacpp-generate"]
    assert generate(llama)[0].startswith("The dam cost 4 million")


@pytest.mark.model
def test_llamacpp_streams_and_respects_max_tokens(llama):
    chunks = list(llama.generate(ASK, grammar=cited_sentences(2), max_tokens=4))
    assert all(isinstance(chunk, Chunk) for chunk in chunks)
    assert chunks[-1].usage.output_tokens <= 4
    assert 2 <= sum(bool(chunk.text) for chunk in chunks) <= 4
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)


@pytest.mark.model
def test_llamacpp_behind_a_queue_serves_two_threads(llama):
    queued = QueuedGenerator(llama, limit=1)
    alone = generate(llama)[0]
    threads, outcomes = in_threads(2, lambda: generate(queued)[0])
    for thread in threads:
        thread.join(120)
    assert outcomes == [alone, alone]


@pytest.mark.model
def test_llamacpp_counts_control_tokens_as_plain_text(llama):
    empty, word, control = llama.count_tokens(["", "hello", "<|im_start|>"])
    assert (empty, word) == (0, 1)
    assert control > 1
    assert llama.count_tokens([]) == []


@pytest.mark.model
def test_llamacpp_errors_name_a_remedy(llama, capfd):
    with pytest.raises(GenerationError, match="correct the grammar"):
        generate(llama, grammar="root ::= (")
    capfd.readouterr()  # llama.cpp prints where the grammar is wrong
    with pytest.raises(GenerationError, match="passage_budget"):
        generate(llama, [Message("user", "word " * 600)])
    with pytest.raises(GenerationError, match="try again"):
        generate(llama, [Message("user", "\ud800")])
    assert generate(llama)[0]  # and goes on


@pytest.mark.model
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer guess"}])
def test_the_port_of_llamacpp_refuses_strangers(llama, headers):
    connection = http.client.HTTPConnection(llama._host, llama._port, timeout=10)
    for path in ("/tokenize", "/v1/chat/completions", "/completion"):
        connection.request("POST", path, json.dumps({"content": "a", "prompt": "a", "messages": []}), headers)
        reply = connection.getresponse()
        reply.read()
        assert reply.status == 401
    connection.close()
    assert llama._host == "127.0.0.1"


@pytest.mark.model
def test_llamacpp_is_silent_and_lets_go_of_memory_and_threads(capfd):
    process = psutil.Process()
    threads = process.num_threads()
    generator = load_llamacpp()
    loaded = process.memory_info().rss
    assert generate(generator)[0]
    generator.close()
    gc.collect()
    assert process.num_threads() <= threads + 2
    assert process.memory_info().rss < loaded - 500e6
    assert capfd.readouterr() == ("", "")
    with pytest.raises(GenerationError, match="closed"):
        generate(generator)
    with pytest.raises(GenerationError, match="closed"):
        generator.count_tokens(["a"])


def test_llamacpp_refuses_a_file_that_is_no_model(tmp_path):
    from qa.models.generators.llamacpp import LlamaCppGenerator

    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelError, match="qa models verify"):
        LlamaCppGenerator(path, name="broken", sha256=None, threads=1, context_tokens=512)


# ── transformers with a tiny random model ────────────────────────────────────────────────────────────────────────────

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tiny_model(folder, *, template=TEMPLATE, window=512, sliding=None):
    """A random two-layer Qwen2 with a byte-level tokenizer, saved in ``folder``."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=specials,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator([ASK[0].content], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=template
    )
    torch.manual_seed(7)
    end, start, pad = (tokenizer.convert_tokens_to_ids(token) for token in ("<|im_end|>", "<|im_start|>", specials[0]))
    config = Qwen2Config(
        vocab_size=len(tokenizer) + 13,  # padded, as real ones are
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=window,
        initializer_range=0.6,  # scores far enough apart that rounding cannot change their order
        use_sliding_window=sliding is not None,
        sliding_window=sliding,
        max_window_layers=0,
        bos_token_id=start,
        eos_token_id=end,
        pad_token_id=pad,
    )
    model = Qwen2ForCausalLM(config)
    model.generation_config.eos_token_id = [end, pad]
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def load_transformers(folder):
    from qa.models.generators.transformers import TransformersGenerator

    return TransformersGenerator(folder, name="tiny", sha256="0" * 64, device="cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def tiny(folder):
    return load_transformers(folder)


SHORT = 'root ::= "The " ("cat" | "dog" | "dam") [.!?] " [" [1-2] "]"'
CHATS = [
    [Message("user", "Where is the cat?")],
    [Message("user", "Where is the dog?")],
    [Message("user", "Where is the dog?"), Message("assistant", "There."), Message("user", "And the dam?")],
    ASK,
    [Message("user", "Where")],
]


def test_transformers_keeps_to_the_grammar_and_ends_with_a_stop_token(tiny):
    for chat in CHATS:
        text, usage = generate(tiny, chat, grammar=SHORT)
        assert re.fullmatch(r"The (cat|dog|dam)[.!?] \[[12]\]", text)
        assert 0 < usage.output_tokens < 48  # ended by itself


def test_transformers_reuses_the_prefix_without_a_trace(tiny, folder):
    grammar = "root ::= [a-zA-Z .,]+"
    generate(tiny, CHATS[0], grammar=grammar)
    for chat in [*CHATS, *reversed(CHATS)]:
        text, usage = generate(tiny, chat, grammar=grammar, max_tokens=24)
        fresh_text, fresh = generate(load_transformers(folder), chat, grammar=grammar, max_tokens=24)
        assert text == fresh_text
        assert usage.cached_tokens > 0 == fresh.cached_tokens
        assert usage.prompt_tokens == fresh.prompt_tokens
    _, again = generate(tiny, CHATS[0], grammar=grammar, max_tokens=24)
    assert again.cached_tokens == again.prompt_tokens - 1  # the last token is always computed


def test_transformers_reuses_what_was_prefilled(tiny):
    generate(tiny, CHATS[3], max_tokens=1)
    tiny.prefill(CHATS[1])
    _, usage = generate(tiny, CHATS[1], grammar=SHORT)
    assert usage.cached_tokens == usage.prompt_tokens - 1


def test_transformers_starts_afresh_where_a_sliding_window_cannot_be_cropped(tmp_path):
    folder = tiny_model(tmp_path, sliding=16)
    generator = load_transformers(folder)
    for chat in CHATS[:3]:
        text, usage = generate(generator, chat, grammar="root ::= [a-z ]+", max_tokens=24)
        assert text == generate(load_transformers(folder), chat, grammar="root ::= [a-z ]+", max_tokens=24)[0]
        assert usage.cached_tokens == 0


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_transformers_respects_max_tokens(tiny, limit):
    _, usage = generate(tiny, grammar="root ::= [a-z]*", max_tokens=limit)
    assert usage.output_tokens <= limit
    _, usage = generate(tiny, grammar='root ::= "a" root', max_tokens=limit)  # has no end
    assert usage.output_tokens == limit


def test_transformers_never_breaks_a_character(tiny):
    grammar = 'root ::= ("é" | "中" | "😀") root'
    chunks = list(tiny.generate(ASK, grammar=grammar, max_tokens=40))
    text = "".join(chunk.text for chunk in chunks)
    assert set(text) <= set("é中😀")
    assert len(text) >= 10  # 40 tokens of at least a byte each, at most 4 bytes to a character
    assert all(chunk.text for chunk in chunks[:-1])


def test_transformers_stops_when_closed_early(tiny):
    pieces = tiny.generate(ASK, grammar='root ::= "a" root', max_tokens=200)
    assert next(pieces).text == "a"
    pieces.close()
    text, usage = generate(tiny, grammar=SHORT)
    assert text.startswith("The ")
    assert usage.cached_tokens == usage.prompt_tokens - 1


def test_transformers_counts_control_tokens_as_plain_text(tiny):
    empty, control = tiny.count_tokens(["", "<|im_start|>"])
    assert empty == 0
    assert control > 1
    assert tiny.count_tokens([]) == []
    _, usage = generate(tiny, [Message("user", "a")], grammar=SHORT)
    # <|im_start|>user⏎a<|im_end|>⏎<|im_start|>assistant⏎: the control tokens of the template are one token each.
    assert usage.prompt_tokens == 3 + sum(tiny.count_tokens(["user\na", "\n", "assistant\n"]))


def test_transformers_can_count_while_it_generates(tiny):
    def count():
        for _ in range(200):
            assert tiny.count_tokens(["<|im_start|>"])[0] > 1
        return "counted"

    threads, outcomes = in_threads(2, count)
    text, usage = generate(tiny, grammar=SHORT)
    while any(thread.is_alive() for thread in threads):
        assert generate(tiny, grammar=SHORT)[0] == text
        assert generate(tiny, grammar=SHORT)[1].prompt_tokens == usage.prompt_tokens
    assert outcomes == ["counted"] * 2


def test_transformers_errors_name_a_remedy(tiny):
    with pytest.raises(GenerationError, match="correct it"):
        generate(tiny, grammar="root ::= (")
    with pytest.raises(GenerationError, match="passage_budget"):
        generate(tiny, [Message("user", "x" * 600)])
    assert generate(tiny, grammar=SHORT)[0]


def test_transformers_ends_where_the_window_ends(tmp_path):
    generator = load_transformers(tiny_model(tmp_path, window=64))
    _, usage = generate(generator, CHATS[4], grammar='root ::= "a" root', max_tokens=100)
    assert usage.prompt_tokens + usage.output_tokens == 64


def test_transformers_closed(tmp_path):
    generator = load_transformers(tiny_model(tmp_path))
    generator.close()
    with pytest.raises(GenerationError, match="closed"):
        generate(generator)


def test_transformers_refuses_a_folder_without_safetensors(tmp_path, folder):
    import torch

    for file in folder.iterdir():
        if file.suffix != ".safetensors":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match="safetensors"):
        load_transformers(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="safetensors"):
        load_transformers(tmp_path)


def test_transformers_refuses_a_model_without_a_chat_template(tmp_path):
    with pytest.raises(ModelError, match="chat template"):
        load_transformers(tiny_model(tmp_path, template=None))


def test_transformers_explains_a_chat_template_that_refuses(tmp_path):
    generator = load_transformers(tiny_model(tmp_path, template="{{ raise_exception('no system role') }}"))
    with pytest.raises(GenerationError, match="no system role"):
        generate(generator)


def test_transformers_loads_in_silence(folder, capfd):
    load_transformers(folder)
    assert capfd.readouterr() == ("", "")


def test_usage_defaults_to_nothing():
    assert Usage() == (0, 0, 0, 0.0, 0.0)
