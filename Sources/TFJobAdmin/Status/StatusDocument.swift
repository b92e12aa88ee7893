import Foundation

/// Jobs as JSON: an array of the objects that the service shows, also of a single one.
enum StatusDocument {
    static func array(_ objects: [Data]) -> Data {
        guard !objects.isEmpty else { return Data("[]\n".utf8) }
        var data = Data("[\n".utf8)
        for (index, object) in objects.enumerated() {
            data += object
            data += Data((index == objects.count - 1 ? "\n" : ",\n").utf8)
        }
        return data + Data("]\n".utf8)
    }
}
