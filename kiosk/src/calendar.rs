//! The shop's own arrangements of working days: `holidays/YYYY.json` in the data folder adds a year or replaces what came
//! with the program (RET-07).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jifen::policy::calendar::{Calendar, HolidayYear};

use crate::failure::Failure;

/// The folder of the shop's own years, in the data folder.
pub(crate) const HOLIDAYS: &str = "holidays";

/// The calendar of a shop.
///
/// # Errors
/// `bad_holidays` with every fault and its line; no year of a broken file counts, and the shop does not open on a guess.
pub(crate) fn load(data: &Path) -> Result<Calendar, Failure> {
    let mut calendar = Calendar::official();
    for (year, path) in files(&data.join(HOLIDAYS))? {
        let text = fs::read_to_string(&path).map_err(|error| Failure::of_io(&path, &error))?;
        let read = HolidayYear::parse(&text).map_err(|faults| {
            let zh = faults.iter().map(|fault| (fault.line, fault.zh()));
            let en = faults.iter().map(|fault| (fault.line, fault.en()));
            refused(&path, &zh.collect::<Vec<_>>(), &en.collect::<Vec<_>>())
        })?;
        if read.year() != year {
            let zh = format!("文件名是 {year} 年，内容是 {} 年", read.year());
            let en = format!("the file is named {year} and is for {}", read.year());
            let line = line_of_year(&text);
            return Err(refused(&path, &[(line, zh)], &[(line, en)]));
        }
        calendar = calendar.with(read);
    }
    Ok(calendar)
}

/// The files whose names are years, the earliest first. Others are somebody's notes.
fn files(folder: &Path) -> Result<Vec<(i32, PathBuf)>, Failure> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|error| Failure::of_io(folder, &error))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| Failure::of_io(folder, &error))?;
        let name = entry.file_name();
        let year = name.to_str().and_then(|name| name.strip_suffix(".json"));
        let is_year = |year: &&str| year.len() == 4 && year.bytes().all(|it| it.is_ascii_digit());
        if let Some(Ok(year)) = year.filter(is_year).map(str::parse) {
            found.push((year, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

fn line_of_year(text: &str) -> u32 {
    let line = text.lines().position(|line| line.contains("\"year\""));
    let line = line.and_then(|line| u32::try_from(line).ok());
    line.unwrap_or(0).saturating_add(1)
}

fn refused(path: &Path, zh: &[(u32, String)], en: &[(u32, String)]) -> Failure {
    let name = path.display();
    let told = |faults: &[(u32, String)], line: &str| {
        let faults = faults
            .iter()
            .map(|(at, why)| format!("{}: {why}", line.replace('N', &at.to_string())));
        faults.collect::<Vec<_>>().join("; ")
    };
    Failure::new(
        "bad_holidays",
        format!("{name} 有误：{}", told(zh, "第 N 行")),
        format!("{name} has faults: {}", told(en, "line N")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a folder with this file comes to.
    fn check(name: &str, text: &str) -> Result<Calendar, Failure> {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join(HOLIDAYS)).unwrap();
        fs::write(data.path().join(HOLIDAYS).join(name), text).unwrap();
        load(data.path())
    }

    #[test]
    fn a_shop_adds_and_replaces_years_and_a_broken_file_is_refused_with_its_line() {
        let empty = tempfile::tempdir().unwrap();
        let official = load(empty.path()).unwrap();
        assert!(official.knows(2026) && !official.knows(2027));
        let year = |year: u32| {
            format!(
                "{{\n\"year\": {year},\n\"off\": [\n{{\"day\": \"{year}-01-01\", \"zh\": \"元旦\", \"en\": \"New Year\"}}],\n\"work\": []}}"
            )
        };
        let with = check("2027.json", &year(2027)).unwrap();
        assert!(with.knows(2026) && with.knows(2027));
        assert_ne!(check("2026.json", &year(2026)).unwrap(), official);
        assert_eq!(check("notes.txt", "what").unwrap(), official);

        let failure = check("2028.json", &year(2027)).unwrap_err();
        assert_eq!(failure.code, "bad_holidays");
        assert!(failure.en.contains("line 2: "), "{failure:?}");
        // 2028-01-01 is a Saturday.
        let failure = check("2028.json", &year(2028)).unwrap_err();
        assert!(
            failure.en.contains("2028.json has faults: line 4: "),
            "{failure:?}"
        );
        assert!(failure.zh.contains("第 4 行"), "{failure:?}");
    }
}
