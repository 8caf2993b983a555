//! The plot: for each bug, executions until found, on a scale of powers of ten.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Bug;
use crate::score::{SCHEDULERS, Score, Try};

const ROW: i32 = 17;
const LEFT: i32 = 230;
const TOP: i32 = 60;
const WIDTH: i32 = 900;
/// Powers of ten from left to right.
const DECADES: i32 = 7;
const COLOURS: [RGBColor; 3] = [RGBColor(20, 90, 170), RGBColor(200, 110, 20), RGBColor(70, 140, 70)];

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Draws the results into an SVG file.
///
/// # Errors
/// If it cannot be written.
pub fn plot(results: &[(Bug, Score)], path: &Path) -> Result<(), String> {
    let height = TOP + ROW * results.len() as i32 + 20;
    let area = SVGBackend::new(path, (WIDTH as u32, height as u32)).into_drawing_area();
    let drawn = draw(&area, results, height).and_then(|()| area.present());
    drawn.map_err(|e| format!("{}: {e}", path.display()))
}

fn draw(area: &Area<'_>, results: &[(Bug, Score)], height: i32) -> Drawn {
    area.fill(&WHITE)?;
    scale(area, height)?;
    legend(area)?;
    for (row, (bug, score)) in results.iter().enumerate() {
        let y = TOP + ROW * row as i32 + ROW / 2;
        label(area, &format!("{} ({})", bug.name, bug.class), (LEFT - 8, y), HPos::Right, &BLACK)?;
        for (at, attempt) in score.tries.iter().enumerate() {
            range(area, attempt, y + 4 * (at as i32 - 1), COLOURS[at])?;
        }
    }
    Ok(())
}

fn x_of(executions: f64) -> i32 {
    let part = executions.max(1.0).log10() / f64::from(DECADES);
    LEFT + (part * f64::from(WIDTH - LEFT - 70)) as i32
}

fn scale(area: &Area<'_>, height: i32) -> Drawn {
    for decade in 0..=DECADES {
        let x = x_of(10_f64.powi(decade));
        area.draw(&PathElement::new([(x, TOP - 4), (x, height - 16)], RGBColor(220, 220, 220)))?;
        label(area, &format!("10^{decade}"), (x, TOP - 12), HPos::Center, &BLACK)?;
    }
    Ok(())
}

fn legend(area: &Area<'_>) -> Drawn {
    label(
        area,
        "executions until found: median, least and most; a cross: seeds that did not",
        (LEFT, 14),
        HPos::Left,
        &BLACK,
    )?;
    for (at, scheduler) in SCHEDULERS.iter().enumerate() {
        label(area, scheduler, (LEFT + 90 * at as i32, 30), HPos::Left, &COLOURS[at])?;
    }
    Ok(())
}

fn range(area: &Area<'_>, attempt: &Try, y: i32, colour: RGBColor) -> Drawn {
    if let Some(spread) = attempt.executions() {
        area.draw(&PathElement::new([(x_of(spread.min), y), (x_of(spread.max), y)], colour))?;
        area.draw(&Circle::new((x_of(spread.median), y), 2, colour.filled()))?;
    }
    if !attempt.is_sure() {
        area.draw(&Cross::new((WIDTH - 50, y), 2, colour))?;
    }
    Ok(())
}

fn label(area: &Area<'_>, text: &str, at: (i32, i32), side: HPos, colour: &RGBColor) -> Drawn {
    let style = ("sans-serif", 11).into_font().color(colour).pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(text.to_owned(), at, style))
}
