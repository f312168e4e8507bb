//! What was measured, a line each, with what is wanted of it.

use super::load::Pages;
use std::time::Duration;

/// The slowest that 99 of 100 pages may be.
const P99_MAX: Duration = Duration::from_millis(25);
/// A page is at least this fraction as fast as its SQL alone.
const PAGE_RATIO_MIN: f64 = 0.5;
/// What memory may grow by and still be called flat.
const GROWTH_MAX: u64 = 64 << 20;

/// The lines so far.
#[derive(Default)]
pub struct Table(Vec<[String; 4]>);

impl Table {
    /// Pages a second against the plain SQL's transactions a second.
    pub fn pages(&mut self, what: &str, pages: &Pages) {
        let ratio = pages.per_second / pages.plain;
        self.line(
            what,
            format!("{:.0}/s, plain SQL {:.0}/s: {ratio:.2}", pages.per_second, pages.plain),
            format!("at least {PAGE_RATIO_MIN}"),
            ratio >= PAGE_RATIO_MIN,
        );
        self.line(
            &format!("{what}, p99"),
            format!("{:.1} ms", pages.p99.as_secs_f64() * 1e3),
            format!("under {} ms", P99_MAX.as_millis()),
            pages.p99 < P99_MAX,
        );
    }

    /// Seconds against a limit.
    pub fn seconds(&mut self, what: &str, seconds: f64, most: f64) {
        self.line(
            what,
            format!("{seconds:.3} s"),
            format!("under {most} s"),
            seconds < most,
        );
    }

    /// Seconds against the seconds of the plain way, which may be shorter by this factor.
    pub fn times(&mut self, what: &str, seconds: f64, bare: f64, most: f64) {
        let ratio = seconds / bare;
        self.line(
            what,
            format!("{seconds:.2} s, plain {bare:.2} s: {ratio:.2} times as long"),
            format!("at most {most:.2} times"),
            ratio <= most,
        );
    }

    /// Memory before and at its highest.
    pub fn memory(&mut self, what: &str, (before, peak): (u64, u64)) {
        self.line(
            what,
            format!("{} MB, at most {} MB", before >> 20, peak >> 20),
            format!("growing less than {} MB", GROWTH_MAX >> 20),
            peak - before < GROWTH_MAX,
        );
    }

    fn line(&mut self, what: &str, measured: String, wanted: String, holds: bool) {
        let holds = if holds { "yes" } else { "NO" };
        eprintln!("{what}: {measured} (wanted: {wanted}: {holds})");
        self.0.push([what.into(), measured, wanted, holds.into()]);
    }

    /// Prints all lines below each other.
    pub fn print(&self) {
        let width = |column: usize| {
            self.0
                .iter()
                .map(|line| line[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths = [width(0), width(1), width(2)];
        for [what, measured, wanted, holds] in &self.0 {
            println!(
                "{what:0$}  {measured:1$}  {wanted:2$}  {holds}",
                widths[0], widths[1], widths[2]
            );
        }
    }
}
