//! `jifen man` and `jifen completions`: the manual as one page, and what a shell completes, both from the table of commands
//! itself.

use std::io::{self, Write};

use clap::{Arg, ArgMatches, Command};
use clap_complete::aot::{Shell, generate};
use clap_mangen::Man;

use super::{command, unknown_command};
use crate::failure::Failure;
use crate::lang::Lang;

/// The shells that are completed.
const SHELLS: [(&str, Shell); 3] = [
    ("bash", Shell::Bash),
    ("zsh", Shell::Zsh),
    ("fish", Shell::Fish),
];

/// Both commands.
pub(super) fn commands(lang: Lang) -> [Command; 2] {
    let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let shells = SHELLS.map(|(name, _)| name);
    let shell = Arg::new("SHELL").required(true).value_parser(shells);
    let shell = shell.hide_possible_values(true).help("bash, zsh, fish");
    [
        Command::new("man")
            .about(t("打印手册页（roff 格式）", "print the manual page (roff)"))
            .after_help(t(
                "示例：jifen man > jifen.1",
                "Example: jifen man > jifen.1",
            )),
        Command::new("completions")
            .about(t("打印命令行补全脚本", "print a shell's completions"))
            .arg(shell)
            .after_help(t(
                "示例：jifen completions bash > /etc/bash_completion.d/jifen",
                "Example: jifen completions bash > /etc/bash_completion.d/jifen",
            )),
    ]
}

/// `jifen man`.
pub(super) fn man(lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    out.write_all(&page(command(lang))?)?;
    Ok(())
}

/// `jifen completions`.
pub(super) fn completions(
    asked: &ArgMatches,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let name = asked.get_one::<String>("SHELL").map(String::as_str);
    let shell = SHELLS.iter().find(|(known, _)| Some(*known) == name);
    let (_, shell) = shell.ok_or_else(unknown_command)?;
    let mut written = Vec::new();
    generate(*shell, &mut command(lang), "jifen", &mut written);
    out.write_all(&written)?;
    Ok(())
}

/// The manual: the program's own part, then each command with its options and examples.
fn page(mut whole: Command) -> io::Result<Vec<u8>> {
    // Names as they are typed: `jifen staff add`.
    whole.build();
    let mut page = Vec::new();
    let first = Man::new(whole.clone());
    first.render_title(&mut page)?;
    first.render_name_section(&mut page)?;
    first.render_synopsis_section(&mut page)?;
    first.render_description_section(&mut page)?;
    first.render_options_section(&mut page)?;
    first.render_extra_section(&mut page)?;
    for below in whole.get_subcommands() {
        chapter(below, &mut page)?;
    }
    // What is said after the help are examples, and exit codes with them.
    let page = String::from_utf8_lossy(&page).replace("EXTRA\n", "EXAMPLES\n");
    Ok(page.into_bytes())
}

/// A command and those below it. What is a section of a page of its own is a part of one here.
fn chapter(command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let man = Man::new(command.clone());
    let mut parts = Vec::new();
    man.render_synopsis_section(&mut parts)?;
    man.render_description_section(&mut parts)?;
    man.render_options_section(&mut parts)?;
    man.render_extra_section(&mut parts)?;
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let name = name.replace('-', "\\-");
    writeln!(page, ".SH \"{name}\"")?;
    let parts = String::from_utf8_lossy(&parts);
    page.write_all(parts.replace(".SH ", ".SS ").as_bytes())?;
    for below in command.get_subcommands() {
        chapter(below, page)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command, as it is typed.
    fn names(command: &Command, above: &str, all: &mut Vec<String>) {
        for below in command.get_subcommands() {
            let name = format!("{above} {}", below.get_name());
            names(below, &name, all);
            all.push(name);
        }
    }

    #[test]
    fn the_manual_has_every_command_and_every_option() {
        for lang in [Lang::Zh, Lang::En] {
            let whole = command(lang);
            let page = String::from_utf8(page(whole.clone()).unwrap()).unwrap();
            let page = page.replace("\\-", "-");
            let mut all = Vec::new();
            names(&whole, "jifen", &mut all);
            assert!(30 < all.len(), "{all:?}");
            for name in all {
                assert!(page.contains(&format!("\n.SH \"{name}\"\n")), "{name}");
            }
            for word in [
                "--settings",
                "--dry-run",
                "--identity",
                "jifen serve --settings",
            ] {
                assert!(page.contains(word), "{word}");
            }
            assert!(page.contains("\n.SS EXAMPLES\n") && !page.contains("EXTRA"));
            let is_chinese = page.contains("示例");
            assert_eq!(is_chinese, lang == Lang::Zh);
        }
    }

    #[test]
    fn every_shell_completes_every_command() {
        for (shell, _) in SHELLS {
            let whole = command(Lang::En);
            let asked = whole
                .clone()
                .get_matches_from(["jifen", "completions", shell]);
            let (_, asked) = asked.subcommand().unwrap();
            let mut written = Vec::new();
            completions(asked, Lang::En, &mut written).unwrap();
            let written = String::from_utf8(written).unwrap();
            let mut all = Vec::new();
            names(&whole, "jifen", &mut all);
            for name in all {
                let last = name.rsplit(' ').next().unwrap();
                assert!(written.contains(last), "{shell}: {name}");
            }
            assert!(written.contains("dry-run"), "{shell}");
        }
        let unknown = ["jifen", "completions", "powershell"];
        assert!(command(Lang::En).try_get_matches_from(unknown).is_err());
    }
}
