import logging

import pytest

from tasks.running.logs import OF_CONNECTIONS, OURS, TASK_RUNS, flow_run_logs


@pytest.fixture(params=OURS)
def ours(request):
    logger = logging.getLogger(request.param)
    before, logger.level = logger.level, logging.NOTSET
    yield logger
    logger.setLevel(before)


def test_what_our_modules_log_at_info_arrives_while_a_flow_runs(ours):
    root = logging.getLogger().level
    assert ours.getEffectiveLevel() == root
    with flow_run_logs():
        assert logging.getLogger(f"{ours.name}.module").isEnabledFor(logging.INFO)
    assert ours.level == logging.NOTSET


def test_a_level_that_somebody_has_set_stays(ours):
    ours.setLevel(logging.ERROR)
    with flow_run_logs():
        assert ours.level == logging.ERROR
    assert ours.level == logging.ERROR


@pytest.fixture
def said(request):
    """What arrives from a logger of Prefect's, whatever its level and whether it propagates."""
    logger, found = logging.getLogger(request.param), []

    class Note(logging.Handler):
        def emit(self, record):
            found.append(record.getMessage())

    note, level = Note(), logger.level
    logger.addHandler(note)
    logger.setLevel(logging.INFO)
    yield logger, found
    logger.removeHandler(note)
    logger.setLevel(level)


@pytest.mark.parametrize("said", [TASK_RUNS], indirect=True)
def test_that_a_task_has_completed_is_no_news_and_that_one_failed_is(said):
    logger, found = said
    with flow_run_logs():
        for text in (
            "Finished in state Completed()",
            "Finished in state Skipped('done')",
            "Finished in state Failed",
        ):
            logger.info(text)
    assert found == ["Finished in state Failed"]
    logger.info("Finished in state Completed()")
    assert len(found) == 2


# The one of the concurrency package logs from a thread of its own, whenever that comes to it.
@pytest.mark.parametrize("said", sorted({*OF_CONNECTIONS} - {"prefect._internal.concurrency"}), indirect=True)
def test_that_a_connection_is_lost_is_said_once_a_run(said):
    logger, found = said
    for _ in range(2):
        with flow_run_logs():
            for number in range(3):
                logger.warning("failed to send event %d", number)
    assert found == ["failed to send event 0"] * 2
