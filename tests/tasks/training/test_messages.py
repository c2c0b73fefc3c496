import logging

from coin_xai.errors import OptionError
from tasks.training import messages
from tasks.training.messages import MARK, SayingHandler, parse, say_error, say_expected, say_stage


def heard(capfd):
    return [parse(line)[1] for line in capfd.readouterr().out.split("\n") if line]


def test_what_is_said_is_heard_and_what_libraries_print_is_kept_apart(capfd):
    messages.say(done=3)
    line = capfd.readouterr().out
    assert parse(line) == ("", {"done": 3})
    assert parse("Traceback: " + line) == ("Traceback:", {"done": 3})
    assert parse("W1129 a warning\n") == ("W1129 a warning", None)


def test_a_line_that_another_process_tore_is_no_message():
    assert parse(f'{MARK}{{"done": W1129 a warning\n') == ('{"done": W1129 a warning', None)
    assert parse(f"{MARK}3\n") == ("3", None)


def test_stages_records_and_errors_are_said(capfd):
    say_expected("train", 15)
    with say_stage("train", 5) as advance:
        advance(2)
    record = logging.LogRecord("tasks.train", logging.INFO, __file__, 1, "epoch %d", (3,), None)
    SayingHandler().emit(record)
    say_error(OptionError("k is wrong"), rank=1)
    say_error(OSError("x" * 10_000), rank=0)
    *told, mistake, passing = heard(capfd)
    assert told == [
        {"expected": "train", "more": 15},
        {"stage": "train", "total": 5},
        {"done": 2},
        {"over": "train"},
        {"log": "tasks.train", "level": logging.INFO, "text": "epoch 3"},
    ]
    assert mistake == {"error": "OptionError", "reason": "k is wrong", "rank": 1, "may_pass": False}
    assert passing["may_pass"]
    assert len(passing["reason"]) == messages.LONGEST_REASON
