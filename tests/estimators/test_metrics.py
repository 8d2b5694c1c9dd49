"""Metrics of a fit are scikit-learn's scores of the network after each epoch."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import f1_score, get_scorer, log_loss, make_scorer, mean_absolute_error
from sklearn.model_selection import train_test_split

from skrnn import make_windows
from tests.conftest import make, stopped_by_hand, targets

REGRESSION = ["neg_mean_absolute_error", "r2"]


def scores_of(model, names, X, y):
    return [get_scorer(name)(model, X, y) for name in names]


def last_of(model, names):
    return [model.history_[name][-1] for name in names]


@pytest.mark.parametrize("name", ["GRURegressor", "TCNRegressor", "SequenceRegressor"])
@pytest.mark.parametrize("is_validated", [False, True])
def test_the_metrics_of_a_regressor_are_scikit_learns_scores(cube, y, name, is_validated):
    held_out = cube[:9] + 0.1, y[:9]
    given = {"X_val": held_out[0], "y_val": held_out[1]} if is_validated else {}
    model = make(name, epochs=3, metrics=REGRESSION, early_stopping=False).fit(cube, y, **given)
    scores = scores_of(model, REGRESSION, *(held_out if is_validated else (cube, y)))
    assert last_of(model, REGRESSION) == pytest.approx(scores, rel=1e-6)
    assert list(map(len, model.history_.values())) == [3] * (3 + is_validated)
    assert list(model.history_) == ["loss", *["val_loss"] * is_validated, *REGRESSION]


def test_the_metrics_of_a_classifier_are_scikit_learns_scores(cube):
    labels = targets("RNNClassifier", cube)
    names = ["neg_log_loss", "accuracy", "roc_auc"]
    model = make("RNNClassifier", epochs=3, metrics=names).fit(cube, labels)
    assert last_of(model, names) == pytest.approx(scores_of(model, names, cube, labels), rel=1e-6)


@pytest.mark.parametrize("is_ragged", [False, True])
def test_the_metrics_of_a_labeler_are_those_of_all_steps(cube, is_ragged):
    X = [sequence[: 3 + n % 5] for n, sequence in enumerate(cube)] if is_ragged else cube
    y = [np.where(part[:, 0] > 0, "up", "down") for part in X]
    names = ["neg_log_loss", "f1_macro", "accuracy"]
    model = make("SequenceLabeler", epochs=3, metrics=names).fit(X, y)
    every = np.concatenate(y)
    predicted, probable = (np.concatenate(list(f(X))) for f in (model.predict, model.predict_proba))
    expected = [
        -log_loss(every, probable),
        f1_score(every, predicted, average="macro"),
        model.score(X, y),
    ]
    assert last_of(model, names) == pytest.approx(expected, rel=1e-6)


def test_the_metrics_of_numbers_and_of_several_labels_at_steps(cube):
    numbers = make("SequenceLabeler", metrics=["r2"]).fit(cube, cube.cumsum(axis=1))
    assert last_of(numbers, ["r2"]) == pytest.approx([numbers.score(cube, cube.cumsum(axis=1))])
    several = (cube > 0).astype(int)
    labels = make("SequenceLabeler", metrics=["f1_macro"]).fit(cube, several)
    expected = f1_score(
        several.reshape(-1, 2), labels.predict(cube).reshape(-1, 2), average="macro"
    )
    assert last_of(labels, ["f1_macro"]) == pytest.approx([expected])


@pytest.mark.parametrize("form", ["flat", "list", "windows", "tokens"])
def test_metrics_are_measured_for_every_form_of_X(cube, y, form):
    params = {}
    if form == "flat":
        X, params = cube.reshape(24, -1), {"n_channels": 2}
    elif form == "list":
        X = [sequence[: 3 + n % 5] for n, sequence in enumerate(cube)]
    elif form == "windows":
        X, y = make_windows(cube.reshape(-1, 2), cube[..., 0].ravel(), window_length=6)
    else:
        X, params = np.arange(24 * 7).reshape(24, 7) % 5 + 1, {"embedding_dim": 3}
    model = make("RNNRegressor", metrics=REGRESSION, **params).fit(X, y)
    assert last_of(model, REGRESSION) == pytest.approx(scores_of(model, REGRESSION, X, y), rel=1e-6)


def test_metrics_are_those_of_the_part_held_out(cube, y):
    model = make("RNNRegressor", metrics=["r2"], early_stopping=True, patience=9, epochs=4)
    model.set_params(validation="latest", validation_fraction=0.25)
    model.fit(cube, y)
    best = int(np.argmin(model.history_["val_loss"]))
    assert model.history_["r2"][best] == pytest.approx(model.score(cube[-6:], y[-6:]), rel=1e-6)


def test_metrics_do_not_change_the_fit(cube, y):
    X, y = np.concatenate([cube, cube[:5]]), np.concatenate([y, y[:5]])
    for batch_size in (8, None):
        plain, measured = (
            make("RNNRegressor", batch_size=batch_size, metrics=metrics).fit(X, y)
            for metrics in (None, REGRESSION)
        )
        for a, b in zip(plain.weights_, measured.weights_, strict=True):
            np.testing.assert_array_equal(a, b)
        assert last_of(measured, REGRESSION) == pytest.approx(
            scores_of(measured, REGRESSION, X, y), rel=1e-6
        )


def bias(estimator, X, y):
    return np.mean(estimator.predict(X) - y)


def test_a_metric_may_be_a_callable(cube, y):
    greatest = make_scorer(mean_absolute_error, greater_is_better=False)
    model = make("RNNRegressor", metrics=[bias, greatest]).fit(cube, y)
    assert model.history_["bias"][-1] == pytest.approx(bias(model, cube, y), rel=1e-5)
    assert model.history_[repr(greatest)][-1] == pytest.approx(greatest(model, cube, y), rel=1e-6)


def test_each_network_is_measured_by_itself(cube, y):
    model = make("RNNRegressor", n_networks=2, metrics=["r2"]).fit(cube, y)
    for network in model.networks_:
        alone = make("RNNRegressor").fit(cube, y)
        alone.network_ = network
        assert network.history["r2"][-1] == pytest.approx(alone.score(cube, y), rel=1e-6)


def test_further_training_extends_the_metrics(cube, y):
    model = make("RNNRegressor", metrics=["r2"])
    for n_calls in (1, 2):
        model.partial_fit(cube, y)
        assert len(model.history_["r2"]) == n_calls
    assert model.history_["r2"][-1] == pytest.approx(model.score(cube, y), rel=1e-6)


def test_metrics_appear_in_the_lines_of_a_fit(cube, y, capsys):
    model = make("RNNRegressor", epochs=1, metrics=["r2"], verbose=2).fit(cube, y)
    assert capsys.readouterr().out.rstrip().endswith(f" - r2 {model.history_['r2'][0]:#.4g}")


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        (["r3"], "'r3' is none of sklearn.metrics.get_scorer_names"),
        ("r2", r"write metrics=\['r2'\]"),
        (["r2", "r2"], "the name 'r2' occurs twice"),
        ([3], "3 is none of"),
        (3, "a list of names of scikit-learn scorers"),
    ],
)
def test_unknown_metrics_are_refused(cube, y, metrics, message):
    model = make("RNNRegressor", metrics=metrics)
    with pytest.raises(ValueError, match=message):
        model.fit(cube, y)
    assert not hasattr(model, "network_")


def test_a_scorer_that_does_not_fit_the_estimator_leaves_it_as_it_was(cube, y):
    model = make("RNNRegressor").fit(cube, y)
    before = dict(vars(model))
    with pytest.raises((AttributeError, ValueError), match="predict_proba"):
        model.set_params(metrics=["neg_log_loss"]).fit(cube, y)
    assert {**vars(model), "metrics": None} == before


def test_weights_that_diverge_raise_the_error_of_a_fit(cube, y):
    settings = {"optimizer": "sgd", "learning_rate": 1e30, "global_clipnorm": None}
    model = make("RNNRegressor", metrics=["r2"], batch_size=None, **settings)
    with pytest.raises(FloatingPointError, match="smaller learning_rate"):
        model.fit(cube, y)


def test_metrics_reach_keras_callbacks(cube, y):
    import keras

    seen = []
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs))
    X, X_val, y, y_val = train_test_split(cube, y, random_state=0)
    model = make("RNNRegressor", metrics=["r2"], callbacks=[watch])
    model.fit(X, y, X_val=X_val, y_val=y_val)
    assert [logs["r2"] for logs in seen] == model.history_["r2"][: len(seen)]
    assert len(seen) == model.n_iter_


# ------------------------------------------------------------------ early stopping


@pytest.mark.parametrize(
    ("name", "metric"),
    [("GRURegressor", "neg_max_error"), ("GRUClassifier", "roc_auc")],
)
@pytest.mark.parametrize("patience", [1, 3])
def test_a_monitored_metric_stops_where_a_loop_by_hand_stops(cube, name, metric, patience):
    y = targets(name, cube)
    settings = {"metrics": [metric], "learning_rate": 0.05, "learning_rate_schedule": None}

    def fit(**params):
        model = make(name, **settings, **params)
        return model.fit(cube[:16], y[:16], X_val=cube[16:], y_val=y[16:])

    X_val, y_val = cube[16:], y[16:]
    untrained = make(name, **{**settings, "learning_rate": 1e-30}, epochs=1, early_stopping=False)
    untrained.fit(cube[:16], y[:16], X_val=X_val, y_val=y_val)
    whole = fit(epochs=40, early_stopping=False)
    scores = [*untrained.history_[metric], *whole.history_[metric]]
    n_epochs, best = stopped_by_hand(scores, patience)
    assert 0 < best < n_epochs < 40
    by_loss = stopped_by_hand([-np.inf, *(-loss for loss in whole.history_["val_loss"])], patience)
    assert by_loss != (n_epochs, best)  # or the loss could not be told from the metric

    model = fit(epochs=40, early_stopping=True, patience=patience, monitor=metric)
    assert model.n_iter_ == n_epochs
    assert model.history_[metric] == pytest.approx(scores[1 : n_epochs + 1])
    assert get_scorer(metric)(model, X_val, y_val) == pytest.approx(scores[best], rel=1e-6)


def test_a_small_rise_of_a_monitored_metric_keeps_the_new_weights(cube, y):
    numbers = itertools.count()

    def rising(estimator, X, y):
        return 1 + 1e-4 * next(numbers)

    given = {"X_val": cube[:9] + 0.1, "y_val": y[:9]}
    model = make("RNNRegressor", metrics=[rising], monitor="rising", early_stopping=True)
    model.fit(cube, y, **given)
    last = make("RNNRegressor", early_stopping=False).fit(cube, y, **given)
    for a, b in zip(model.weights_, last.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_monitor_that_is_not_measured_is_refused(cube, y):
    with pytest.raises(
        ValueError, match=r"monitor='r2' .* give 'auto', 'neg_max_error', or add it"
    ):
        make("RNNRegressor", metrics=["neg_max_error"], monitor="r2").fit(cube, y)
    with pytest.raises(ValueError, match="monitor=3 was given"):
        make("RNNRegressor", monitor=3).fit(cube, y)
