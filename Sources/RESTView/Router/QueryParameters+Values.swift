extension QueryParameters {
    /// A whole number; nil where it is not given.
    ///
    /// - Throws: ``Problem`` with 400 for anything else.
    func number(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = self[name] else { return nil }
        let isNumber = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isNumber, let number = Int(text), range.contains(number) else {
            throw .badRequest(
                "\(name) is \(text.quoted); write a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    /// `true` or `false`; false where it is not given.
    ///
    /// - Throws: ``Problem`` with 400 for anything else.
    func flag(_ name: String) throws(Problem) -> Bool {
        switch self[name] {
        case nil, "false": return false
        case "true": return true
        case .some(let text): throw .badRequest("\(name) is \(text.quoted); write true or false")
        }
    }
}
