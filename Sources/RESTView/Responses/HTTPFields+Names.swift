import HTTPTypes

extension HTTPFields {
    /// Sets a field that has no name of its own in HTTPTypes.
    ///
    /// - Parameters:
    ///   - name: a token, as fields' names are; anything else sets nothing.
    ///   - value: replaces those that are there.
    mutating func set(_ name: String, to value: String) {
        guard let name = HTTPField.Name(name) else { return }
        self[name] = value
    }

    /// The one value of such a field; nil where there is none, or more than one.
    func only(_ name: String) -> String? {
        guard let name = HTTPField.Name(name) else { return nil }
        let values = self[values: name]
        return values.count == 1 ? values[0] : nil
    }
}
