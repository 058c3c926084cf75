"""Names of spectra and ratios, as command lines take them."""

import pytest

import ridgeless as rl
from ridgeless import names


@pytest.mark.parametrize("name", names.SPECTRA)
def test_every_name_makes_its_spectrum_of_any_size(name: str) -> None:
    default = names.SPECTRA[name][0]
    assert names.spectrum(name, 30) == names.spectrum(f"{name}:{default}", 30)
    assert names.spectrum(name, 30) != names.spectrum(f"{name}:{default / 2}", 30)
    assert len(names.spectrum(name, 3)) <= 3


def test_spectra_are_those_of_the_constructors() -> None:
    assert names.spectrum("ar1:0.3", 9) == rl.Spectrum.ar1(0.3, 9)
    assert names.spectrum("isotropic:2", 9) == rl.Spectrum.isotropic(2.0)
    assert names.spectrum("spiked:7", 4) == rl.Spectrum.spiked([7.0] * 4, 4)
    assert names.spectrum("latent_factors", 20) == rl.Spectrum.latent_factors(2, 20, 4.0)


@pytest.mark.parametrize("name", names.RATIOS)
def test_every_name_makes_its_law(name: str) -> None:
    law = names.mask_ratio(f"{name}:0.2:0.6")
    assert isinstance(law, rl.RatioLaw)
    assert law.mean == pytest.approx(0.4)
    with pytest.raises(rl.DomainError, match=f"one of .*{name}:A:B, *|{name}:A:B"):
        names.mask_ratio(f"{name}:0.2")


def test_a_number_is_a_ratio() -> None:
    assert names.mask_ratio("0.25") == 0.25


@pytest.mark.parametrize("text", ["half", "0.1:0.2", "step:0.1:0.2", "uniform:0.1:x", "", "nan"])
def test_other_words_are_no_ratios(text: str) -> None:
    with pytest.raises(rl.DomainError, match="mask_ratio must be a number or one of uniform:A:B"):
        names.mask_ratio(text)


def test_other_words_are_no_spectra() -> None:
    with pytest.raises(rl.DomainError, match=r"one of isotropic.*got 'flat'"):
        names.spectrum("flat", 3)
    with pytest.raises(rl.DomainError, match=r"got .ar1:0\.1:0\.2."):
        names.spectrum("ar1:0.1:0.2", 3)
    with pytest.raises(rl.DomainError, match="must end in a number after the colon"):
        names.spectrum("ar1:much", 3)


def test_powers_by_name() -> None:
    assert names.row_power("student:5") == rl.StudentPower(5.0)
    assert names.row_power("lognormal:0.5") == rl.LognormalPower(0.5)
    for wrong in ("student", "student:", "student:1:2", "normal:1", "student:many"):
        with pytest.raises(rl.DomainError, match="row_power must"):
            names.row_power(wrong)
    with pytest.raises(rl.DomainError, match="degrees must be above 2"):
        names.row_power("student:2")
