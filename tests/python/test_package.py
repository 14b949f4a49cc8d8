import guanxi as gx


def test_the_error_is_a_value_error_with_a_code() -> None:
    try:
        gx._core.base.days_in("Q")
    except gx.Error as e:
        assert isinstance(e, ValueError)
        assert e.code == "unknown_name"
        assert str(e) == "unit: 'Q' is not one of D, W, M, Y"
    else:
        raise AssertionError("no error for an unknown unit")
