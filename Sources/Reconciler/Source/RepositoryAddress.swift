import Foundation

/// Where the jobs repository is.
public enum RepositoryAddress: Sendable, Equatable {
    /// A folder of this machine, read in place.
    case local(path: String)

    /// Reads a path or a `file://` URL.
    ///
    /// - Throws: ``AddressError`` where the text is neither; the network transports have no case yet.
    public init(_ text: String) throws(AddressError) {
        guard !text.isEmpty else { throw AddressError("repository.url is empty; write a path or a file:// URL") }
        if text.hasPrefix("file://") {
            guard let url = URL(string: text), url.host ?? "" == "" || url.host == "localhost", !url.path.isEmpty else {
                throw AddressError("\"\(text)\" names no folder of this machine; write file:///path/to/repository.git")
            }
            self = .local(path: url.path)
            return
        }
        let isNetworkURL = text.contains("://")
        let isSCPForm = !text.hasPrefix("/") && !text.hasPrefix(".") && text.prefix { $0 != "/" }.contains(":")
        guard !isNetworkURL, !isSCPForm else {
            throw AddressError("\"\(text)\" is not on this machine; this version reads a path or a file:// URL")
        }
        self = .local(path: URL(fileURLWithPath: text).standardizedFileURL.path)
    }
}

extension RepositoryAddress: CustomStringConvertible {
    /// The address as a URL, without credentials.
    public var description: String {
        switch self {
        case .local(let path): "file://\(path)"
        }
    }
}

/// Why a repository's address can't be used: a sentence for the operator.
public struct AddressError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The sentence.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
