"""The communes: their file, the loader and the search. The whole real list is loaded once for this module."""

import math
import struct
import unicodedata
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from agents.commune_names import CommuneQuery, parse_commune_query
from agents.communes import find_communes
from agents.data.commune_file import COMMUNES_FILE, CommuneRow, format_row, parse_row, read_communes, write_communes
from agents.data.geometry import Point, Ring, box_of, centroid, is_near, read_point, read_rings
from agents.data.make_communes import point_of
from agents.models import Commune
from rdv.core.text import search_key


def load(**options):
    out = StringIO()
    call_command("load_communes", stdout=out, **options)
    return out.getvalue()


@pytest.fixture(scope="module")
def all_communes(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        load()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE agents_commune")
    yield
    with django_db_blocker.unblock():
        Commune.objects.all().delete()


@pytest.fixture
def communes(all_communes, db):
    return Commune.objects.all()


def codes(query, **options):
    return [commune.code for commune in find_communes(query, **options)]


class TestFile:
    def test_is_compact(self):
        assert COMMUNES_FILE.stat().st_size < 900_000

    def test_holds_the_communes_of_today_only(self):
        rows = {row.code: row for row in read_communes()}
        assert len(rows) == 34_969
        assert "75101" not in rows  # Paris 1er
        assert rows["62498"] == CommuneRow("62498", "Lens", ("62300",), "62", 32_920, 50.4293, 2.8324)

    def test_every_row_is_sound(self):
        for row in read_communes():
            assert len(row.code) == 5
            assert row.name == row.name.strip() == unicodedata.normalize("NFC", row.name)
            assert all(len(postcode) == 5 and postcode.isdigit() for postcode in row.postcodes)
            assert row.code.startswith(row.departement_code)
            assert (row.latitude is None) == (row.longitude is None)

    def test_only_far_islands_and_four_villages_have_no_point(self):
        missing = [row for row in read_communes() if row.latitude is None]
        assert len(missing) == 98
        assert {row.code for row in missing if row.departement_code < "975"} == {"15031", "15035", "15047", "15171"}

    def test_points_stand_in_their_departement(self):
        """A lost minus sign or a namesake elsewhere would put a commune far from the middle of its département."""
        by_departement = {}
        for row in read_communes():
            if row.latitude is not None:
                by_departement.setdefault(row.departement_code, []).append((row.latitude, row.longitude))
        for departement, points in by_departement.items():
            middle = [sorted(values)[len(points) // 2] for values in zip(*points, strict=True)]
            far = max(math.dist(point, middle) for point in points)
            assert far < 2, departement  # Degrees; Guyane is the widest, 1.87.

    def test_same_rows_give_the_same_bytes_and_come_back(self, tmp_path):
        rows = [
            CommuneRow("99002", "L'Île-d'Œuf", (), "99", None, None, None),
            CommuneRow("99001", "Ô", ("99100", "99200"), "99", 0, -20.5, 55.25),
        ]
        write_communes(rows, tmp_path / "one.xz", header=["sources"])
        write_communes(reversed(rows), tmp_path / "other.xz", header=["sources"])
        assert (tmp_path / "one.xz").read_bytes() == (tmp_path / "other.xz").read_bytes()
        assert list(read_communes(tmp_path / "one.xz")) == rows[::-1]

    def test_a_row_is_written_as_it_was_read(self):
        line = "97411\tSaint-Denis\t97400 97417\t974\t155634\t-20.879\t55.4486"
        assert format_row(parse_row(line + "\n")) == line


def multipolygon(*polygons):
    """WKB in hexadecimal, as in the source of the coordinates."""
    wkb = struct.pack("<BII", 1, 6, len(polygons))
    for rings in polygons:
        wkb += struct.pack("<BII", 1, 3, len(rings))
        for ring in rings:
            wkb += struct.pack("<I", len(ring)) + b"".join(struct.pack("<dd", *point) for point in ring)
    return wkb.hex()


def square(west, south, side):
    east, north = west + side, south + side
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


class TestPlacing:
    OUTLINE = multipolygon([square(2.0, 50.0, 0.1)])

    def test_centre_of_a_square(self):
        assert centroid(read_rings(bytes.fromhex(self.OUTLINE))) == pytest.approx((2.05, 50.05))

    def test_a_hole_pushes_the_centre_away_whatever_the_ring_direction(self):
        outline, hole = square(0, 0, 4), square(2, 1, 2)
        for drawn in (hole, hole[::-1]):
            rings = read_rings(bytes.fromhex(multipolygon([outline, drawn])))
            assert [ring.is_hole for ring in rings] == [False, True]
            # (16 x 2 - 4 x 3) / 12 eastward; the hole is level with the centre.
            assert centroid(rings) == pytest.approx((20 / 12, 2))

    def test_two_islands_weigh_their_areas(self):
        rings = read_rings(bytes.fromhex(multipolygon([square(0, 0, 1)], [square(10, 0, 2)])))
        assert centroid(rings) == pytest.approx(((0.5 + 4 * 11) / 5, (0.5 + 4 * 1) / 5))

    def test_box(self):
        box = box_of([Ring(False, [Point(1, 2), Point(3, -4)])])
        assert box == (1, -4, 3, 2)
        assert is_near(Point(3.01, 2.01), box)
        assert not is_near(Point(3.03, 0), box)

    @pytest.mark.parametrize(
        ("town_hall", "expected"),
        [
            ((2.09, 50.01), (2.09, 50.01)),
            ((-2.09, 50.01), (2.05, 50.05)),  # the lost minus sign
            ((math.nan, math.nan), (2.05, 50.05)),  # an empty point
        ],
    )
    def test_town_hall_if_it_is_there_else_centre(self, town_hall, expected):
        wkb = struct.pack("<BIdd", 1, 1, *town_hall)
        assert point_of({"geometry": self.OUTLINE, "mairie_localisation": wkb.hex()}) == pytest.approx(expected)

    def test_without_town_hall_or_limits(self):
        assert point_of({"geometry": self.OUTLINE, "mairie_localisation": r"\N"}) == pytest.approx((2.05, 50.05))
        assert point_of({"geometry": r"\N", "mairie_localisation": r"\N"}) is None

    def test_other_kinds_of_geometry_are_refused(self):
        with pytest.raises(ValueError, match="kind 1 expected"):
            read_point(bytes.fromhex(self.OUTLINE))


class TestParsing:
    @pytest.mark.parametrize(
        ("typed", "words", "postcode", "departement_code"),
        [
            ("62300", (), "62300", None),
            ("Lens 62300", ("lens",), "62300", None),
            ("62300 LENS Cedex", ("lens",), "62300", None),
            ("  Hénin-Beaumont ", ("henin", "beaumont"), None, None),
            ("L’Haÿ-les-Roses", ("l", "hay", "les", "roses"), None, None),
            ("Saint-Denis (974)", ("saint", "denis"), None, "974"),
            ("Ajaccio 2a", ("ajaccio",), None, "2A"),
            ("Paris 1er arrondissement", ("paris",), None, None),
            ("", (), None, None),
            ("'; DROP TABLE --", ("drop", "table"), None, None),
        ],
    )
    def test_reads_what_was_typed(self, typed, words, postcode, departement_code):
        assert parse_commune_query(typed) == CommuneQuery(words, postcode, departement_code)

    @pytest.mark.parametrize(
        ("typed", "spellings"),
        [
            ("St Omer", (("saint", "omer"),)),
            ("Ste Marie", (("sainte", "marie"),)),
            ("bourg st", (("bourg", "saint"), ("bourg", "st"))),
            ("lens", (("lens",),)),
        ],
    )
    def test_short_forms(self, typed, spellings):
        assert parse_commune_query(typed).spellings == spellings

    def test_a_pasted_page_is_cut(self):
        assert len(parse_commune_query("lens " * 10_000).words) == 20


class TestLoading:
    def test_the_real_list(self, communes):
        assert communes.count() > 34_900
        lens = communes.get(code="62498")
        assert (lens.name, lens.postcodes, lens.departement_code) == ("Lens", ["62300"], "62")
        assert (lens.latitude, lens.longitude) == (50.4293, 2.8324)
        assert len(communes.get(code="75056").postcodes) == 21
        assert communes.get(code="97411").departement_code == "974"
        assert communes.get(code="94038").name == "L’Haÿ-les-Roses"

    def test_keys_are_those_of_the_names(self, communes):
        assert all(commune.search_key == search_key(commune.name) for commune in communes)

    def test_again_repairs_and_removes_nothing(self, communes):
        communes.filter(code="62498").update(name="Lance", postcodes=[])
        communes.filter(code="62510").delete()
        Commune.objects.create(code="99999", name="Partie", search_key="partie", departement_code="99")
        assert load() == "2 communes added or changed, 34970 in the database.\n"
        assert load() == "0 communes added or changed, 34970 in the database.\n"
        assert communes.get(code="62498").name == "Lens"
        assert communes.get(code="62498").postcodes == ["62300"]
        assert communes.filter(code__in=["62510", "99999"]).count() == 2

    def test_if_empty_leaves_a_loaded_list_alone(self, communes):
        communes.filter(code="62498").update(name="Lance")
        assert load(if_empty=True) == "Communes are already there.\n"
        assert communes.get(code="62498").name == "Lance"

    def test_a_half_point_is_refused(self, db):
        with pytest.raises(IntegrityError, match="commune_point_whole"), transaction.atomic():
            Commune.objects.create(code="99998", name="Demi", search_key="demi", departement_code="99", latitude=50.0)


class TestFinding:
    @pytest.mark.parametrize(
        ("typed", "expected"),
        [
            ("lens", "62498"),
            ("LENS", "62498"),
            ("Lens 62300", "62498"),
            ("henin b", "62427"),
            ("Hénin-Beaumont", "62427"),
            ("henin beaumont", "62427"),
            ("beaumont henin", "62427"),
            ("St Omer", "62765"),
            ("saint-omer", "62765"),
            ("ste marie aux mines", "68298"),
            ("strasb", "67482"),
            ("L'Haÿ-les-Roses", "94038"),
            ("l’hay les roses", "94038"),
            ("hay les roses", "94038"),
            ("Saint-Denis 974", "97411"),
            ("Saint-Denis 97400", "97411"),
            ("Saint-Denis (93)", "93066"),
            ("paris", "75056"),
            ("75011", "75056"),
            ("Paris 15e", "75056"),
            ("Marseille 13008", "13055"),
            ("nœux les mines", "62617"),
            ("noeux", "62617"),
            ("le havre", "76351"),
            ("havre", "76351"),
            ("château-chinon (ville)", "58062"),
            ("y", "80829"),
        ],
    )
    def test_best_first(self, communes, typed, expected):
        assert codes(typed)[0] == expected

    def test_a_postcode_gives_its_communes_most_populous_first(self, communes):
        found = find_communes("62300", limit=50)
        assert all("62300" in commune.postcodes for commune in found)
        assert len(found) == communes.filter(postcodes__contains=["62300"]).count() > 1
        populations = [commune.population for commune in found]
        assert populations == sorted(populations, reverse=True)

    def test_exact_name_then_beginnings_then_words(self, communes):
        keys = [commune.search_key for commune in find_communes("beaumont", limit=50)]
        assert keys[0] == "beaumont"
        ranks = [0 if key == "beaumont" else 1 if key.startswith("beaumont") else 2 for key in keys]
        assert ranks == sorted(ranks)
        assert set(ranks) == {0, 1, 2}
        assert codes("henin") == ["62427", "62428", "62426"]  # Hénin-Beaumont, Hénin-sur-Cojeul, Héninel

    def test_within_a_departement(self, communes):
        assert codes("saint denis", departement_code="974") == ["97411"]
        found = find_communes("saint", departement_code="62", limit=50)
        assert found
        assert {commune.departement_code for commune in found} == {"62"}
        assert codes("Lens 62300", departement_code="75") == []

    @pytest.mark.parametrize("typed", ["Lens 62307", "Lens Cedex 62307", "Lens 59", "62999 Lens"])
    def test_a_wrong_postcode_or_departement_does_not_hide_the_name(self, communes, typed):
        assert codes(typed)[0] == "62498"

    @pytest.mark.parametrize("limit", [0, -1, 1, 3])
    def test_limit(self, communes, limit):
        assert len(find_communes("saint", limit=limit)) == max(0, limit)

    def test_never_more_than_fifty(self, communes):
        assert len(find_communes("saint", limit=10_000)) == 50

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            " ",
            "-",
            "'",
            "🙂",
            "00000",
            "62",
            "1",
            "123456",
            "zzzz",
            "lens & !",
            "%",
            "_",
            "\x00",
            "lens' | 'x",
            "Москва",
            "a:*",
        ],
    )
    def test_garbage_gives_no_error(self, communes, typed):
        expected = {"lens & !": ["62498"]}
        assert codes(typed, limit=1) == expected.get(typed, [])

    @pytest.mark.parametrize(
        ("typed", "index"), [("henin b", "commune_words"), ("62300", "commune_postcodes"), ("y", "commune_search_key")]
    )
    def test_indexes_are_used(self, communes, typed, index):
        assert index in communes.matching(typed)[:8].explain()

    def test_bounded_queries(self, communes, django_assert_num_queries):
        with django_assert_num_queries(1):
            find_communes("lens")
        with django_assert_num_queries(2):
            find_communes("lens 00000")
        with django_assert_num_queries(0):
            find_communes("?!")
