/// A text that is shown nowhere, not in a message, not in a debugger's dump.
struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    var description: String { "***" }
    var debugDescription: String { "***" }
    var customMirror: Swift.Mirror { Swift.Mirror(self, children: []) }
}
