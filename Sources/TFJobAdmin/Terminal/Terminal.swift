import Foundation

/// What standard output is.
enum Terminal {
    /// Whether somebody looks at it.
    static var isThere: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether it obeys escapes: one that calls itself `dumb` shows them.
    static var obeysEscapes: Bool { isThere && ProcessInfo.processInfo.environment["TERM"] != "dumb" }

    /// Colour is for terminals, and never where `NO_COLOR` is set: <https://no-color.org>.
    static var usesColour: Bool {
        obeysEscapes && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    }

    /// Its columns and rows, at this moment; nil where output is no terminal, or one that does not say.
    static var size: (columns: Int, rows: Int)? {
        var size = winsize()
        guard isThere, unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return (Int(size.ws_col), size.ws_row > 0 ? Int(size.ws_row) : 24)
    }
}

/// Colours that every terminal has: <https://www.ecma-international.org/publications-and-standards/standards/ecma-48/>.
enum Colour: String {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case faint = "2"

    /// A text in this colour.
    func text(_ text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }
}
