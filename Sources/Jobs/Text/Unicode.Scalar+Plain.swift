extension Unicode.Scalar {
    /// Whether it does nothing but appear: no terminal or browser obeys it, it turns no text around, and it can be seen.
    ///
    /// Not so: control characters, marks of direction and all else that formats, ends of lines and paragraphs, and what has no
    /// look of its own. See <https://www.unicode.org/reports/tr44/#General_Category_Values>.
    public var isPlain: Bool {
        if (0x20...0x7E).contains(value) { return true }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}
