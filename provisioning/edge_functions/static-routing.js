// The site has one name, without www; a folder is answered by its index.html, under an address that ends in a slash.
function handler(event) {
  var request = event.request;
  var uri = request.uri;
  var host = request.headers.host.value;
  if (host.indexOf('www.') === 0) {
    return moved('https://' + host.slice(4) + uri + query(request.querystring));
  }
  if (uri.charAt(uri.length - 1) === '/') {
    request.uri = uri + 'index.html';
    return request;
  }
  if (uri.slice(uri.lastIndexOf('/') + 1).indexOf('.') === -1) {
    return moved(uri + '/' + query(request.querystring));
  }
  return request;
}

function moved(address) {
  return {
    statusCode: 301,
    statusDescription: 'Moved Permanently',
    headers: { location: { value: address } },
  };
}

function query(found) {
  var parts = [];
  Object.keys(found).forEach(function (name) {
    var values = found[name].multiValue || [found[name]];
    values.forEach(function (one) {
      parts.push(one.value === '' ? name : name + '=' + one.value);
    });
  });
  return parts.length ? '?' + parts.join('&') : '';
}
