use super::*;
use encoding_rs::{MACINTOSH, WINDOWS_1252};
use std::io::Write;

const FRENCH: &str =
    "Prénom;Nom;Ville\nAndré;Lévesque;Trois-Rivières\nZoë;Côté;Montréal\nÉmile;Garçon;L’Île-d’Orléans\n";

fn open(bytes: &[u8]) -> Result<CsvFile, FileProblem> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    CsvFile::open(file)
}

fn read(bytes: &[u8]) -> (CsvFile, Vec<Record>) {
    let mut file = open(bytes).unwrap_or_else(|problem| panic!("{problem}"));
    let rows = file.rows(100_000).unwrap();
    (file, rows)
}

fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
    read(bytes).1.into_iter().map(|record| record.cells).collect()
}

fn utf_16(text: &str, mark: bool, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let marked = if mark {
        format!("\u{FEFF}{text}")
    } else {
        text.to_owned()
    };
    marked.encode_utf16().flat_map(order).collect()
}

#[test]
fn every_encoding_a_spreadsheet_writes_reads_the_same() {
    let written: [(&str, Vec<u8>); 8] = [
        ("UTF-8", FRENCH.as_bytes().to_vec()),
        ("UTF-8", format!("\u{FEFF}{FRENCH}").into_bytes()),
        ("UTF-16", utf_16(FRENCH, true, u16::to_le_bytes)),
        ("UTF-16", utf_16(FRENCH, true, u16::to_be_bytes)),
        ("UTF-16", utf_16(FRENCH, false, u16::to_le_bytes)),
        ("UTF-16", utf_16(FRENCH, false, u16::to_be_bytes)),
        ("Windows-1252", WINDOWS_1252.encode(FRENCH).0.into_owned()),
        ("Mac Roman", MACINTOSH.encode(FRENCH).0.into_owned()),
    ];
    for (encoding, bytes) in written {
        let (file, rows) = read(&bytes);
        assert_eq!(file.encoding, encoding);
        assert_eq!(file.headers, ["Prénom", "Nom", "Ville"], "{encoding}");
        assert_eq!(rows[0].cells, ["André", "Lévesque", "Trois-Rivières"], "{encoding}");
        assert_eq!(rows[2].cells, ["Émile", "Garçon", "L’Île-d’Orléans"], "{encoding}");
    }
}

#[test]
fn one_accent_at_the_end_of_a_long_file_decides_the_encoding() {
    for encoding in [WINDOWS_1252, MACINTOSH] {
        let mut bytes = b"First Name,Last Name\n".to_vec();
        bytes.extend(b"Anne,Lem\n".repeat(50_000));
        bytes.extend_from_slice(&encoding.encode("René,Roy\n").0);
        let mut file = open(&bytes).unwrap();
        assert_eq!(file.rows(60_000).unwrap().pop().unwrap().cells, ["René", "Roy"]);
    }
}

#[test]
fn one_broken_letter_does_not_make_a_utf_8_file_another_encoding() {
    let mut bytes = FRENCH.repeat(3).into_bytes();
    bytes.extend_from_slice(b"Ren\xE9;Roy;Alma\n");
    let rows = cells(&bytes);
    assert_eq!(rows[0][0], "André");
    assert_eq!(rows.last().unwrap()[0], "Ren\u{FFFD}");
}

#[test]
fn letters_cut_by_a_block_of_reading_stay_whole() {
    for shift in 0..4 {
        let text = format!("Name,City\n{}{}", "x".repeat(shift), "é€𝄞,Québec\n".repeat(20_000));
        let rows = cells(text.as_bytes());
        assert_eq!(rows.len(), 20_000);
        assert!(rows.iter().skip(1).all(|row| *row == ["é€𝄞", "Québec"]));
    }
}

#[test]
fn commas_semicolons_tabs_and_bars_separate_cells() {
    for delimiter in [',', ';', '\t', '|'] {
        let text = "Name;Note\nLem;one, two\nRoy;three\n".replace(';', &delimiter.to_string());
        let text = if delimiter == ',' {
            text.replace("one, two", "\"one, two\"")
        } else {
            text
        };
        assert_eq!(
            cells(text.as_bytes()),
            [["Lem", "one, two"], ["Roy", "three"]],
            "{delimiter:?}"
        );
    }
    assert_eq!(cells(b"Email\nanne@example.ca\n"), [["anne@example.ca"]]);
}

#[test]
fn a_line_that_names_the_delimiter_is_no_row() {
    let (file, rows) = read(b"sep=;\r\nName;City, Province\r\nLem;Alma, QC\r\n");
    assert_eq!(file.headers, ["Name", "City, Province"]);
    assert_eq!((rows[0].row, rows[0].cells[1].as_str()), (3, "Alma, QC"));
}

#[test]
fn quotes_hold_delimiters_quotes_and_line_ends() {
    let rows = cells(b"Name,Note\n\"Lem, Anne\",\"said \"\"hello\"\"\nand left\"\n\"A\"b,x\"y\n");
    assert_eq!(rows, [["Lem, Anne", "said \"hello\"\nand left"], ["Ab", "x\"y"]]);
}

#[test]
fn rows_bear_the_numbers_a_spreadsheet_shows() {
    for end in ["\n", "\r\n", "\r"] {
        let text = "Name,City\nLem,Alma\n\nRoy,\"Two\nLines\"\n,,\nFox,Ayr".replace('\n', end);
        let numbers: Vec<u32> = read(text.as_bytes()).1.iter().map(|record| record.row).collect();
        assert_eq!(numbers, [2, 4, 6], "{end:?}");
    }
}

#[test]
fn a_quotation_mark_never_closed_is_told_with_its_row() {
    let mut file = open(b"Name,City\nLem,Alma\n\"Roy,Ayr\nFox,Hull\n").unwrap();
    assert!(matches!(file.rows(10), Err(FileProblem::OpenQuote(3))));
}

#[test]
fn what_is_no_list_is_refused_with_a_way_out() {
    let refused = |bytes: &[u8]| open(bytes).err().map(|problem| problem.to_string()).unwrap_or_default();
    assert!(refused(b"").contains("empty"));
    assert!(refused(b"\n\n , ,\n").contains("empty"));
    assert!(refused(b"PK\x03\x04more").contains("workbook"));
    assert!(refused(b"Name\0City,more of it that is not text\n").contains("not a text file"));
    assert!(refused(b"anne@example.ca,Anne\nbob@example.ca,Bob\n").contains("names of the columns"));
    assert!(refused("a,".repeat(400).as_bytes()).contains("columns"));
}
