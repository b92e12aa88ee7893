/// The forms of names.
///
/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>,
/// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go>.
enum Names {
    /// Lower-case letters, digits and `-`, at most 63, and no `-` at an end: the sentence that says so, nil where the name is one.
    static func faultOfLabel(_ name: String) -> String? {
        if name.utf8.count > 63 { return "must be no more than 63 characters" }
        guard !name.isEmpty, name.utf8.allSatisfy({ isLowerCaseAlphanumeric($0) || $0 == UInt8(ascii: "-") }),
            !name.hasPrefix("-"), !name.hasSuffix("-")
        else {
            return
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with"
                + " an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is"
                + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
        }
        return nil
    }

    /// Labels with dots between, at most 253.
    static func faultOfSubdomain(_ name: String) -> String? {
        if name.utf8.count > 253 { return "must be no more than 253 characters" }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let isGood = parts.allSatisfy { part in
            let bytes = part.utf8
            return !bytes.isEmpty && bytes.allSatisfy { isLowerCaseAlphanumeric($0) || $0 == UInt8(ascii: "-") }
                && bytes.first != UInt8(ascii: "-") && bytes.last != UInt8(ascii: "-")
        }
        return isGood
            ? nil
            : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end"
                + " with an alphanumeric character (e.g. 'example.com', regex used for validation is"
                + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
    }

    /// As a label, but it starts with a letter.
    static func faultOfDNS1035Label(_ name: String) -> String? {
        if name.utf8.count > 63 { return "must be no more than 63 characters" }
        guard faultOfLabel(name) == nil, let first = name.utf8.first, !(0x30...0x39).contains(first) else {
            return
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character,"
                + " and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is"
                + " '[a-z]([-a-z0-9]*[a-z0-9])?')"
        }
        return nil
    }

    /// What a label may be set to: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>.
    static func faultOfLabelValue(_ value: String) -> String? {
        if value.utf8.count > 63 { return "must be no more than 63 characters" }
        return value.isEmpty || isWord(value[...])
            ? nil
            : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end"
                + " with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is"
                + " '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    }

    /// What a label or an annotation may be called: a name of at most 63 characters, after an optional subdomain and `/`.
    static func faultOfQualifiedName(_ name: String) -> String? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let last = parts.last else {
            return "a qualified name must consist of a name with an optional DNS subdomain prefix and '/'"
        }
        if parts.count == 2, let fault = faultOfSubdomain(String(parts[0])) { return "prefix part \(fault)" }
        if last.utf8.count > 63 { return "name part must be no more than 63 characters" }
        return isWord(last)
            ? nil
            : "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric"
                + " character (e.g. 'MyName',  or 'my.name',  or '123-abc')"
    }

    private static func isWord(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && text.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    private static func isLowerCaseAlphanumeric(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerCaseAlphanumeric(byte) || (0x41...0x5A).contains(byte)
    }

    /// Five characters for a name that the server makes up, without vowels.
    ///
    /// Source: <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apimachinery/pkg/util/rand/rand.go>.
    static func suffix() -> String {
        String((0..<5).compactMap { _ in "bcdfghjklmnpqrstvwxz2456789".randomElement() })
    }
}
