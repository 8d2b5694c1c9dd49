# What .ci/run and .ci/full share: a fresh environment, README's commands, the time of each step, and
# the tests that are put to the other backends.
# Sourced from the root of the repository.

environment=$(mktemp -d)
names=() times=() began=0

finish() { # the time of the last step, and of all as a table
    local status=$? i
    end_step
    [ "$status" -eq 0 ] && printf '\n=== Done' || printf '\n=== Failed at: %s' "${names[-1]:-}"
    printf '\n=== Seconds of each step\n'
    for i in "${!names[@]}"; do printf '%7d  %s\n' "${times[$i]}" "${names[$i]}"; done
    printf '%7d  altogether\n' "$SECONDS"
    rm -rf "$environment"
}
trap finish EXIT

python3 -m venv "$environment"
export PATH="$environment/bin:$PATH" VIRTUAL_ENV="$environment"
unset KERAS_BACKEND PYTHONPATH

export KERAS_HOME="$environment" # the choice of backend is skrnn's here, not a user's keras.json

run_readme_command() { # the n-th block marked sh
    local command
    command=$(readme_command "$1")
    [ -n "$command" ] || { echo "README has no command $1"; exit 1; }
    bash -euc "$command"
}

readme_command() {
    awk -v n="$1" '/^```sh$/ { count++; inside = (count == n); next }
                   /^```$/ { inside = 0 } inside' README.md
}

end_step() { # does nothing where no step has begun
    [ "${#names[@]}" -gt "${#times[@]}" ] || return 0
    times+=($((SECONDS - began)))
    printf '=== %d s\n' "${times[-1]}"
}

say() { # begin a step
    end_step
    names+=("$1") began=$SECONDS
    printf '\n=== %s (%s)\n' "$1" "$(date -u +%T)"
}

require() { # packages that have to be importable, by the names of their modules
    local missing=() name
    for name in "$@"; do python -c "import $name" 2>/dev/null || missing+=("$name"); done
    [ "${#missing[@]}" -eq 0 ] || { echo "missing packages: ${missing[*]}"; exit 1; }
}

# Of the tests of each class of estimators, those of GRUs
one_class="GRU or not ((RNN or LSTM or TCN) and (Regressor or Classifier or Forecaster) or SequenceRegressor or SequenceClassifier or SequenceForecaster)"

contract() { # the tests that are put to the other backends
    local name
    echo tests/estimators tests/forecasting tests/preprocessing tests/onnx_export tests/streaming $(backend_contract)
    # What needs no network, or is put to other backends by sktime's suite
    for name in estimators/test_search preprocessing/test_s\* preprocessing/test_tokens forecasting/test_errors onnx_export/test_backends \
                forecasting/test_{frequencies,lookahead,pretraining,probabilistic,sktime_tools,updates}; do
        echo "--ignore-glob=tests/$name.py"
    done
}

backend_contract() { # those of networks and training, where backends differ
    echo tests/compat tests/conformance tests/conversion tests/engine tests/fuzz tests/kernels tests/networks
}
