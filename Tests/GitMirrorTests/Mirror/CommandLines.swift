import Foundation

/// What runs on this machine, as any user can see it.
enum CommandLines {
    /// The command lines, with their arguments, that have a text in them.
    static func containing(_ text: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { name in
            guard Int32(name) != nil, let data = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else {
                return nil
            }
            let command = String(decoding: data.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self)
            return command.contains(text) ? command : nil
        }
    }
}
